import Foundation

/// An answer as an HTTP client received it.
package struct HTTPAnswer: Sendable {
    /// Header fields in order of arrival.
    package struct Headers: Sendable {
        /// All fields, with their names as received.
        package var fields: [(name: String, value: String)] = []

        /// All values of a field; the case of its name does not matter.
        package subscript(name: String) -> [String] {
            fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
    }

    package let status: Int
    package let statusLine: String
    package let headers: Headers
    package let body: Data

    /// Parses a head: status line and fields, separated by CR LF.
    ///
    /// - Returns: nil if it does not begin with a status line.
    package init?(head: String, body: Data) {
        let lines = head.components(separatedBy: "\r\n").filter { !$0.isEmpty }
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else { return nil }
        self.status = status
        statusLine = lines[0]
        var headers = Headers()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            headers.fields.append((String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)))
        }
        self.headers = headers
        self.body = body
    }

    /// Parses everything received on a connection.
    ///
    /// - Returns: nil if it is not an HTTP answer.
    package init?(_ bytes: Data) {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        self.init(head: head, body: Data(bytes[end.upperBound...]))
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// A value in the body's JSON, found by keys from the outside in; nil if it is missing or `null`.
    package func json(_ path: String...) throws -> (any Sendable)? {
        var value: Any? = try JSONSerialization.jsonObject(with: body)
        for key in path { value = (value as? [String: Any])?[key] }
        if value is NSNull { return nil }
        if let text = value as? String { return text }
        if let number = value as? Int { return number }
        if let number = value as? Double { return number }
        return value.map { "\($0)" }
    }

    /// A string in the body's JSON.
    ///
    /// - Throws: ``TestSupportError`` if there is none.
    package func string(_ path: String...) throws -> String {
        var value: Any? = try JSONSerialization.jsonObject(with: body)
        for key in path { value = (value as? [String: Any])?[key] }
        guard let text = value as? String else {
            throw TestSupportError("no string at \(path.joined(separator: ".")) in an answer with status \(status)")
        }
        return text
    }
}
