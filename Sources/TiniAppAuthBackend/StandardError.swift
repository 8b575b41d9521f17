import Glibc

/// Messages for the person at the terminal.
enum StandardError {
    static func print(_ text: String) {
        let line = Array("\(text)\n".utf8)
        line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
