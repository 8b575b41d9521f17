/// The head of an answer (RFC 9112 sections 4 and 5), and what it says about the body.
package struct ResponseHead: Equatable, Sendable {
    /// How the end of the body is told (RFC 9112 section 6.3).
    package enum Framing: Equatable, Sendable {
        case length(Int)
        case chunked
        /// The connection's end is the body's.
        case untilClose
    }

    package private(set) var status = 0
    package private(set) var fields = HTTPFields()
    package private(set) var framing = Framing.length(0)
    /// Whether the server keeps the connection (RFC 9112 section 9.3).
    package private(set) var isKeepAlive = false

    /// Whether another head follows: the answer itself (RFC 9110 section 15.2). 101 is an answer.
    var isInterim: Bool { (100..<200).contains(status) && status != 101 }

    /// Takes a head apart.
    ///
    /// - Parameter bytes: all lines, the empty one at the end included.
    /// - Throws: ``ResponseError/notHTTP`` if it is not HTTP/1, or could be read in two ways.
    init(_ bytes: [UInt8]) throws(ResponseError) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        let minor = try takeStatusLine(Self.trimmingCR(lines.removeFirst()))
        while let next = lines.popFirst() {
            let line = Self.trimmingCR(next)
            if line.isEmpty { break }
            try takeField(line)
        }
        let connection = fields.list("connection")
        isKeepAlive = minor > 0 ? !connection.contains("close") : connection.contains("keep-alive")
        framing = try bodyFraming()
    }

    /// - Returns: the minor version.
    private mutating func takeStatusLine(_ line: ArraySlice<UInt8>) throws(ResponseError) -> UInt8 {
        let line = Array(line)
        guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), line[7].isASCIIDigit, line[8] == 0x20,
            line[9..<12].allSatisfy(\.isASCIIDigit), line.count == 12 || line[12] == 0x20
        else { throw .notHTTP }
        status = line[9..<12].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard status >= 100 else { throw .notHTTP }
        return line[7] - UInt8(ascii: "0")
    }

    private mutating func takeField(_ line: ArraySlice<UInt8>) throws(ResponseError) {
        if Self.isBlank(line[line.startIndex]) { return fields.fold(Self.trimmed(line)) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .notHTTP }
        let name = Self.trimmed(line[..<colon])
        guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .notHTTP }
        fields.append(name: name, value: Self.trimmed(line[(colon + 1)...]))
    }

    private func bodyFraming() throws(ResponseError) -> Framing {
        let lengths = Set(fields.list("content-length"))
        let codings = fields.list("transfer-encoding")
        // RFC 9112 section 6.3: a proxy must not guess which of the two is meant.
        guard lengths.isEmpty || codings.isEmpty, lengths.count < 2 else { throw .notHTTP }
        var length: Int?
        if let text = lengths.first {
            guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Int(text) else { throw .notHTTP }
            length = number
        }
        if (100..<200).contains(status) || status == 204 || status == 304 { return .length(0) }
        if let length { return .length(length) }
        switch codings {
        case []: return .untilClose
        case ["chunked"]: return .chunked
        default: throw .notHTTP
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmingCR(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let first = text.first, isBlank(first) { text.removeFirst() }
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
