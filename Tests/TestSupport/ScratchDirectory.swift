import Foundation
import Glibc

/// A test's own folder, with a path short enough for unix sockets (107 bytes). Removed at the end.
package final class ScratchDirectory: Sendable {
    /// Its absolute path, without a slash at the end.
    package let path: String

    package init() throws {
        var template = Array("/tmp/tiniapp-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestSupportError("mkdtemp: \(String(cString: strerror(errno)))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        // A process that is ending may remove one of its files at the same time, which makes the removal here fail.
        for _ in 0..<5 where FileManager.default.fileExists(atPath: path) {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// The path of a file in it.
    package func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a text file.
    ///
    /// - Returns: its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    /// Writes a file.
    ///
    /// - Returns: its path.
    @discardableResult
    package func write(_ content: some Sequence<UInt8>, to name: String) throws -> String {
        let path = path(name)
        try Data(content).write(to: URL(fileURLWithPath: path))
        return path
    }
}
