import Glibc

/// Where messages and the log go.
enum StandardError {
    /// Whether a person reads along.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func print(_ text: String) {
        write(Array("\(text)\n".utf8))
    }

    /// One call for the whole line, so that lines of several threads do not mix. A line that cannot be written is
    /// lost: logging must not stop the service.
    static func write(_ line: [UInt8]) {
        line.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
