import CLinux

/// Gives memory back to the system after a burst. glibc keeps what has been freed for the next one, which may not come;
/// on a small machine, or in a container that is billed by memory, others could use it.
struct HeapTrim {
    /// How often it looks, which takes a fifth of a millisecond under load.
    private static let interval = Duration.seconds(1)
    /// Bytes. Trimming takes milliseconds, and what is used again must be fetched again: for less it is not worth it.
    private static let worthwhile = 1_048_576

    /// Runs until the task is cancelled.
    func run() async {
        var freeBefore = 0
        while (try? await Task.sleep(for: Self.interval)) != nil {
            // What was given back counts as free, too, until it is used again.
            let free = Int(mallinfo2().fordblks)
            let isMuchMore = free > freeBefore + Self.worthwhile
            if isMuchMore { malloc_trim(0) }
            freeBefore = isMuchMore ? free : min(freeBefore, free)
        }
    }
}
