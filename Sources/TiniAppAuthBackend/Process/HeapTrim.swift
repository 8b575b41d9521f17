import CLinux

/// Gives memory back to the system after a burst. glibc keeps what has been freed for the next one, which may not come;
/// on a small machine, or in a container that is billed by memory, others could use it.
struct HeapTrim {
    /// How often it looks.
    static let interval = Duration.seconds(10)
    /// Bytes. With less free memory, trimming gains nothing.
    private static let worthwhile = 8 * 1_048_576

    /// Runs until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            // Bytes that are free; those given back earlier count too, and then cost next to nothing.
            if mallinfo2().fordblks > Self.worthwhile { malloc_trim(0) }
        }
    }
}
