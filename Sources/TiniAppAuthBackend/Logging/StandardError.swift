import Dispatch
import Glibc
import NIOConcurrencyHelpers
import Synchronization

/// Where messages and the log go. After ``beginQueue()`` a thread of its own writes the lines, so that a reader that is
/// stuck stops only that thread. (`O_NONBLOCK` would affect all that share the descriptor: the terminal, nginx.)
///
/// Lines that do not fit into the queue are dropped, and the log says how many. Only our own lines are queued: what a
/// library or the runtime prints goes to the descriptor at once.
enum StandardError {
    /// The longest write that a pipe takes in one piece (PIPE_BUF, pipe(7)).
    static let atomicBytes = 4_096
    /// Bytes of lines that wait; more are dropped.
    private static let maxBytes = 1_048_576
    /// How long the end of the process waits for the reader.
    private static let lastMilliseconds = 500

    private struct Waiting {
        var bytes: [UInt8] = []
        /// Lines that did not fit after these.
        var dropped = 0
    }

    private static let waiting = NIOLockedValueBox(Waiting())
    /// Bytes that have not been written. An atomic, since ``flush()`` must be able to look at it in a signal handler.
    private static let unwritten = Atomic(0)
    private static let isRunning = Atomic(false)
    private static let work = DispatchSemaphore(value: 0)
    private static let lineAboutDropped = NIOLockedValueBox<(@Sendable (Int) -> [UInt8])?>(nil)

    /// Begins to write lines on a thread of its own. If the system has none, they are written where they are made.
    static func beginQueue() {
        // A reader that has gone is an error of write(2), not the end.
        signal(SIGPIPE, SIG_IGN)
        guard startThread() else { return }
        isRunning.store(true, ordering: .releasing)
        atexit { StandardError.flush() }
        CrashSignals.flushLog()
    }

    /// Lets the log say that lines were dropped.
    ///
    /// - Parameter line: makes the log line from the number of dropped ones.
    static func setLineAboutDropped(_ line: @escaping @Sendable (Int) -> [UInt8]) {
        lineAboutDropped.withLockedValue { $0 = line }
    }

    /// Takes a line, its newline included.
    static func write(_ line: [UInt8]) {
        guard isRunning.load(ordering: .acquiring) else { return _ = writeOut(line[...]) }
        let isFirst = waiting.withLockedValue { waiting in
            guard waiting.bytes.count + line.count <= maxBytes else {
                waiting.dropped += 1
                return false
            }
            unwritten.add(line.count, ordering: .relaxed)
            waiting.bytes += line
            return waiting.bytes.count == line.count
        }
        if isFirst { work.signal() }
    }

    /// Writes a message to whoever started the process.
    static func print(_ text: String) { write(Array("\(text)\n".utf8)) }

    /// Waits until the reader has all of it, but not for long. For the end of the process, also within a signal handler:
    /// nothing but system calls.
    static func flush() {
        for _ in 0..<lastMilliseconds where unwritten.load(ordering: .relaxed) > 0 { pause(milliseconds: 1) }
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
        return pthread_create(&thread, nil, { _ in StandardError.run() }, nil) == 0
    }

    private static func run() -> Never {
        while true {
            work.wait()
            // More comes soon if much is going on: one thread that wakes up for each line would cost a third of what the
            // requests do.
            pause(milliseconds: 2)
            let lines = waiting.withLockedValue { waiting in
                defer { waiting = Waiting() }
                return waiting
            }
            var dropped = lines.dropped + writeLines(lines.bytes)
            // No line if the log level suppresses it.
            if dropped > 0, let line = lineAboutDropped.withLockedValue(\.self)?(dropped), writeOut(line[...]) {
                dropped = 0
            }
            // A reader that has gone may be back for the next lines, and then they say what is missing.
            if dropped > 0 { waiting.withLockedValue { $0.dropped += dropped } }
            unwritten.subtract(lines.bytes.count, ordering: .relaxed)
        }
    }

    /// - Returns: how many lines could not be written.
    private static func writeLines(_ bytes: [UInt8]) -> Int {
        var rest = bytes[...]
        var dropped = 0
        while !rest.isEmpty {
            let lines = rest.prefix(lengthOfNextWrite(rest))
            rest = rest.dropFirst(lines.count)
            if !writeOut(lines) { dropped += lines.count { $0 == UInt8(ascii: "\n") } }
        }
        return dropped
    }

    /// The length of as many lines as a pipe takes in one piece, so that in a container nginx's lines do not end up in
    /// the middle of ours; or of one longer line.
    static func lengthOfNextWrite(_ lines: ArraySlice<UInt8>) -> Int {
        if lines.count <= atomicBytes { return lines.count }
        let newline = UInt8(ascii: "\n")
        let end = lines.prefix(atomicBytes).lastIndex(of: newline) ?? lines.firstIndex(of: newline)
        return end.map { $0 + 1 - lines.startIndex } ?? lines.count
    }

    /// - Returns: whether all of it was written; false if the reader is gone, or the disk is full.
    private static func writeOut(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
                if count >= 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if errno == EAGAIN {
                    // Another process that shares it has made it non-blocking.
                    var entry = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&entry, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
