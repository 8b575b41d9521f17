@testable import Text

/// Runs the scanner over text, for tests.
enum JSONText {
    /// The text without insignificant whitespace.
    static func compact(_ text: String) throws -> String {
        var scanner = JSONScanner(Array(text.utf8))
        _ = try scanner.scan()
        return String(decoding: scanner.compact, as: UTF8.self)
    }

    /// The error in the bytes; nil if they are JSON.
    static func error(_ bytes: [UInt8]) -> JSONSyntaxError? {
        var scanner = JSONScanner(bytes)
        do {
            _ = try scanner.scan()
            return nil
        } catch {
            return error
        }
    }

    static func error(_ text: String) -> JSONSyntaxError? { error(Array(text.utf8)) }
}
