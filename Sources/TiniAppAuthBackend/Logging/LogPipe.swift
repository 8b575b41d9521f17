import CLinux
import Glibc
import Synchronization

/// A pipe between the process and the reader of its standard error, so that a stuck reader does not block the process.
///
/// Descriptor 2 becomes the end of a pipe of our own, which does not block. A thread moves what is in it to what descriptor
/// 2 was before, and waits there instead of us. (`O_NONBLOCK` on that one would affect everything that shares it: the
/// terminal, nginx.) What the runtime and libraries write goes through it too, so a crash cannot hang while it prints its message.
/// The kernel keeps the order, and bounds the memory.
enum LogPipe {
    /// The longest write that a pipe takes as a whole or not at all (PIPE_BUF, pipe(7)).
    static let atomicBytes = 4_096
    /// The most that waits for the reader; without privileges the kernel allows it (`/proc/sys/fs/pipe-max-size`).
    private static let wantedCapacity = 1_048_576
    /// How long the end of the process waits for the reader.
    private static let lastMilliseconds = 500

    private static let readEnd = Atomic<CInt>(-1)
    private static let readerDescriptor = Atomic<CInt>(-1)
    private static let capacity = Atomic(0)
    /// Whether the thread is moving bytes.
    private static let isMoving = Atomic(false)

    private static let aboutDropped = Mutex<(@Sendable (Int) -> [UInt8])?>(nil)

    /// The destination: the file that descriptor 2 was before. Nil if descriptor 2 still is that file.
    static var reader: CInt? {
        let descriptor = readerDescriptor.load(ordering: .acquiring)
        return descriptor < 0 ? nil : descriptor
    }

    /// Puts it in place until the process ends. If the system has no pipe or thread for it, nothing changes.
    static func begin() {
        // A reader that has gone is an error of write(2), not the end.
        signal(SIGPIPE, SIG_IGN)
        var ends: [2 of CInt] = [-1, -1]
        var span = ends.mutableSpan
        guard span.withUnsafeMutableBufferPointer({ clinux_pipe_nonblocking($0.baseAddress) }) == 0 else { return }
        _ = clinux_pipe_resize(ends[1], CInt(wantedCapacity))
        capacity.store(Int(clinux_pipe_capacity(ends[1])), ordering: .relaxed)
        readEnd.store(ends[0], ordering: .releasing)
        readerDescriptor.store(clinux_duplicate(STDERR_FILENO), ordering: .releasing)
        guard reader != nil, startThread() else {
            readerDescriptor.store(-1, ordering: .releasing)
            return
        }
        dup2(ends[1], STDERR_FILENO)
        close(ends[1])
        atexit { LogPipe.flush() }
        CrashSignals.flushLog()
    }

    /// Whether a line that is longer than ``atomicBytes`` fits. Each write begins a page of the pipe unless it fits into
    /// the rest of the last one, so in the worst case half of the pages' bytes are free and of no use.
    static func hasRoom(for count: Int) -> Bool {
        guard reader != nil else { return true }
        let waiting = Int(clinux_bytes_waiting(readEnd.load(ordering: .relaxed)))
        return 2 * waiting + count + 2 * atomicBytes <= capacity.load(ordering: .relaxed)
    }

    /// Lets the log say that lines were dropped.
    ///
    /// - Parameter line: makes the log line from the number of dropped ones.
    static func setLineAboutDropped(_ line: @escaping @Sendable (Int) -> [UInt8]) {
        aboutDropped.withLock { $0 = line }
    }

    static func lineAboutDropped(_ count: Int) -> [UInt8] {
        aboutDropped.withLock(\.self)?(count) ?? []
    }

    /// Waits for an event of a descriptor, as long as it takes.
    static func wait(for event: CInt, on descriptor: CInt) {
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        _ = poll(&entry, 1, -1)
    }

    /// Waits until the reader has all of it, but not for long. For the end of the process, also within a signal handler:
    /// nothing but system calls.
    static func flush() {
        let readEnd = readEnd.load(ordering: .acquiring)
        guard readEnd >= 0 else { return }
        for _ in 0..<lastMilliseconds {
            // In this order: the thread says that it moves something before it takes it out.
            if clinux_bytes_waiting(readEnd) == 0, !isMoving.load(ordering: .sequentiallyConsistent) { return }
            pause(milliseconds: 1)
        }
    }

    private static func pause(milliseconds: Int) {
        var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
        nanosleep(&time, nil)
    }

    private static func startThread() -> Bool {
        // Signals are for the other threads; but Swift's backtraces stop each thread by PROF, and a fault is its own.
        var blocked = sigset_t()
        var before = sigset_t()
        sigfillset(&blocked)
        for number in CrashSignals.all + [SIGPROF] { sigdelset(&blocked, number) }
        pthread_sigmask(SIG_SETMASK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        return pthread_create(&thread, nil, { _ in LogPipe.move() }, nil) == 0
    }

    private static func move() -> Never {
        let source = readEnd.load(ordering: .acquiring)
        var mover = LineMover(to: readerDescriptor.load(ordering: .acquiring))
        while true {
            wait(for: POLLIN, on: source)
            // More comes soon if much is going on: one thread that wakes up for each line would cost a third of what the
            // requests do.
            pause(milliseconds: 2)
            isMoving.store(true, ordering: .sequentiallyConsistent)
            mover.move(from: source)
            isMoving.store(false, ordering: .sequentiallyConsistent)
        }
    }
}
