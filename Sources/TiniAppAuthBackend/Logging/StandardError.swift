import CLinux
import Glibc
import Synchronization

/// Where messages and the log go.
enum StandardError {
    /// Lines that were lost since the log last said how many.
    private static let dropped = Atomic(0)

    /// Whether it is a terminal.
    static var isTerminal: Bool { isatty(LogPipe.reader ?? STDERR_FILENO) == 1 }

    static func print(_ text: String) {
        write(Array("\(text)\n".utf8))
    }

    /// One call for the whole line, so that lines of several threads do not mix. Behind a ``LogPipe`` it never waits:
    /// a line that does not fit is dropped and counted. Logging must not stop the service.
    static func write(_ line: [UInt8]) {
        // The kernel takes a write of at most this length as a whole or not at all (pipe(7)).
        if line.count > LogPipe.atomicBytes, !LogPipe.hasRoom(for: line.count) {
            drop(1)
        } else if line.withUnsafeBytes({ Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }) != line.count {
            drop(1)
        }
    }

    /// Counts lines as dropped.
    static func drop(_ count: Int) {
        dropped.add(count, ordering: .relaxed)
    }

    static var hasDropped: Bool { dropped.load(ordering: .relaxed) > 0 }

    /// How many were dropped since the last time.
    static func takeDropped() -> Int { dropped.exchange(0, ordering: .relaxed) }
}
