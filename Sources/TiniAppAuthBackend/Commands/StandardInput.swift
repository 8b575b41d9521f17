import ArgumentParser
import Glibc

/// Reads a command's standard input.
enum StandardInput {
    /// All of it, as it comes.
    static func bytes() -> [UInt8] {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        // Not readLine(), which would mend bytes that are not UTF-8.
        while case let count = read(STDIN_FILENO, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return text
    }

    /// All of it, less one newline at its end, which editors and `echo` add.
    static func line() -> [UInt8] {
        var text = bytes()
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        return text
    }

    /// A token, trimmed. At a terminal it is asked for, and not shown as it is typed.
    ///
    /// - Parameter name: the name of the value to ask for.
    /// - Throws: `ValidationError` if there is none.
    static func token(named name: String) throws -> String {
        let bytes = isatty(STDIN_FILENO) == 1 ? try typed(prompt: "\(name): ") : line()
        guard let token = String(validating: bytes, as: UTF8.self).map(DirectCall.trimmed), !token.isEmpty else {
            throw ValidationError("\(name) expected on standard input.")
        }
        return token
    }

    private static func typed(prompt: String) throws -> [UInt8] {
        guard let line = getpass(prompt) else { throw ValidationError("This terminal cannot be read.") }
        defer { explicit_bzero(line, strlen(line)) }
        return Array(UnsafeBufferPointer(start: line, count: strlen(line)).lazy.map(UInt8.init(bitPattern:)))
    }
}
