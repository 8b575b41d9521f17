import Foundation

/// A request as a test's server received it.
package struct ReceivedRequest: Sendable {
    /// From the request line to the empty line.
    package let head: String
    package let body: Data

    package var requestLine: String { head.components(separatedBy: "\r\n")[0] }

    /// The value of the body's first key if it is a string, as the backend sends it: without white space; else empty.
    package var credential: String {
        let words = String(decoding: body, as: UTF8.self).split(separator: "\"", omittingEmptySubsequences: false)
        return words.count > 3 && words[2] == ":" ? String(words[3]) : ""
    }

    /// All values of a header field; the case of its name does not matter.
    package subscript(name: String) -> [String] {
        head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
    }
}
