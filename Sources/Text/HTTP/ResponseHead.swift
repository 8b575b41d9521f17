/// An answer's head (RFC 9112 sections 4 and 5), with the framing of its body.
package struct ResponseHead: Equatable, Sendable {
    /// How to find the end of the body (RFC 9112 section 6.3).
    package enum Framing: Equatable, Sendable {
        case length(Int)
        case chunked
        /// The body ends with the connection.
        case untilClose
    }

    package private(set) var status = 0
    package private(set) var fields: HTTPFields
    package private(set) var framing = Framing.length(0)
    /// Whether the server keeps the connection (RFC 9112 section 9.3).
    package private(set) var isKeepAlive = false

    /// Whether the answer itself follows in another head (RFC 9110 section 15.2). 101 counts as an answer.
    var isInterim: Bool { (100..<200).contains(status) && status != 101 }

    /// Parses a head.
    ///
    /// - Parameter text: all lines, including the empty one at the end.
    /// - Throws: ``ResponseError/notHTTP`` if it is not HTTP/1, or is ambiguous.
    init(_ text: [UInt8]) throws(ResponseError) {
        fields = HTTPFields(in: text)
        var start = 0
        var minorVersion: UInt8?
        while let index = text.withUnsafeBytes({ $0.index(of: UInt8(ascii: "\n"), from: start) }) {
            let end = index > start && text[index - 1] == UInt8(ascii: "\r") ? index - 1 : index
            if minorVersion == nil {
                minorVersion = try takeStatusLine(text, start..<end)
            } else if start == end {
                break
            } else {
                try takeField(text, start..<end)
            }
            start = index + 1
        }
        isKeepAlive = minorVersion != 0
        fields.forEachElement(of: "connection") { [fields] element in
            if fields.isEqual(element, "close") { isKeepAlive = false }
            if minorVersion == 0, fields.isEqual(element, "keep-alive") { isKeepAlive = true }
        }
        framing = try bodyFraming()
    }

    /// - Returns: the minor version.
    private mutating func takeStatusLine(_ text: [UInt8], _ line: Range<Int>) throws(ResponseError) -> UInt8 {
        let (start, length) = (line.lowerBound, line.count)
        guard length >= 12, text[start + 7].isASCIIDigit, text[start + 8] == 0x20,
            length == 12 || text[start + 12] == 0x20
        else { throw .notHTTP }
        guard text[start...].begins(like: "HTTP/1.") else { throw .notHTTP }
        for index in start + 9..<start + 12 {
            guard text[index].isASCIIDigit else { throw .notHTTP }
            status = status * 10 + Int(text[index] - UInt8(ascii: "0"))
        }
        guard status >= 100 else { throw .notHTTP }
        return text[start + 7] - UInt8(ascii: "0")
    }

    private mutating func takeField(_ text: [UInt8], _ line: Range<Int>) throws(ResponseError) {
        if text[line.lowerBound].isBlank {
            guard fields.fold(text[line].trimmed.indices) else { throw .notHTTP }
            return
        }
        let colon = text.withUnsafeBytes { $0.index(of: UInt8(ascii: ":"), from: line.lowerBound) }
        guard let colon, colon < line.upperBound else { throw .notHTTP }
        let name = text[line.lowerBound..<colon].trimmed.indices
        guard !name.isEmpty else { throw .notHTTP }
        for index in name where text[index] <= 0x20 || text[index] >= 0x7F { throw .notHTTP }
        fields.append(name: name, value: text[(colon + 1)..<line.upperBound].trimmed.indices)
    }

    private func bodyFraming() throws(ResponseError) -> Framing {
        var length: Int?
        var codings = 0
        var isChunked = false
        var isClear = true
        fields.forEachElement(of: "content-length") { element in
            let number = fields.number(element)
            // The same length twice is fine; two lengths are not.
            isClear = isClear && number != nil && (length == nil || length == number)
            length = number
        }
        fields.forEachElement(of: "transfer-encoding") { element in
            codings += 1
            isChunked = fields.isEqual(element, "chunked")
        }
        // RFC 9112 section 6.3: a proxy must not guess which of the two applies.
        guard isClear, codings == 0 || (codings == 1 && isChunked && length == nil) else { throw .notHTTP }
        if (100..<200).contains(status) || status == 204 || status == 304 { return .length(0) }
        if isChunked { return .chunked }
        return length.map { .length($0) } ?? .untilClose
    }
}
