/// A complete answer, as received.
package struct HTTPResponse: Sendable, Equatable {
    package let status: Int
    package let fields: HTTPFields
    package let body: [UInt8]
}

/// Why bytes are not an answer.
package enum ResponseError: Error, Sendable {
    /// They are not HTTP/1, or are ambiguous.
    case notHTTP
    /// They exceed a limit.
    case tooLarge
}

/// Parses one answer from a connection's bytes (RFC 9112). A new one is made for each call, so nothing of one answer
/// can get into the next. A value without a socket.
package struct ResponseParser {
    private enum Phase {
        case head
        /// In the body, with this many bytes to come.
        case body(Int)
        case untilClose
        case chunkSize
        case chunk(Int)
        /// The line break after a chunk.
        case chunkEnd
        case trailers
        case complete
    }

    private let maxBodyBytes: Int
    private let maxFramingBytes: Int
    private var phase = Phase.head
    /// The incomplete line, or the lines of the incomplete head.
    private var text: [UInt8] = []
    private var framingBytes = 0
    private var body: [UInt8] = []
    /// The head; nil until it is complete.
    package private(set) var head: ResponseHead?

    /// - Parameters:
    ///   - maxBodyBytes: the limit for the body.
    ///   - maxFramingBytes: the limit for all else together: heads (also interim ones), chunk sizes, trailers.
    package init(maxBodyBytes: Int, maxFramingBytes: Int = 16_384) {
        self.maxBodyBytes = maxBodyBytes
        self.maxFramingBytes = maxFramingBytes
        text.reserveCapacity(512)
    }

    /// The answer once it is complete.
    package var response: HTTPResponse? {
        guard case .complete = phase, let head else { return nil }
        return HTTPResponse(status: head.status, fields: head.fields, body: body)
    }

    /// Takes the next bytes from the connection.
    ///
    /// - Returns: how many of them belong to the answer. Any further bytes are unsolicited.
    /// - Throws: ``ResponseError``.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(ResponseError) -> Int {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            switch phase {
            case .head, .chunkSize, .chunkEnd, .trailers: position += try takeLine(rest)
            case .body(let left): position += takeBody(rest, left) { left in left == 0 ? .complete : .body(left) }
            case .chunk(let left): position += takeBody(rest, left) { left in left == 0 ? .chunkEnd : .chunk(left) }
            case .untilClose:
                guard body.count + rest.count <= maxBodyBytes else { throw .tooLarge }
                position += takeBody(rest, .max) { _ in .untilClose }
            case .complete: return position
            }
        }
        return position
    }

    /// Notes that the connection has ended properly, which may complete the answer.
    package mutating func end() {
        if case .untilClose = phase { phase = .complete }
    }

    private mutating func takeBody(_ bytes: UnsafeRawBufferPointer, _ left: Int, next: (Int) -> Phase) -> Int {
        let count = min(left, bytes.count)
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        phase = next(left - count)
        return count
    }

    /// Takes bytes up to the end of the line, and acts on the line once it is complete.
    private mutating func takeLine(_ bytes: UnsafeRawBufferPointer) throws(ResponseError) -> Int {
        let end = bytes.index(of: UInt8(ascii: "\n"))
        let count = end.map { $0 + 1 } ?? bytes.count
        framingBytes += count
        guard framingBytes <= maxFramingBytes else { throw .tooLarge }
        let isBeginning = text.count < 5
        text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        if isBeginning, case .head = phase {
            guard text.begins(like: "HTTP/") else { throw .notHTTP }
        }
        if end != nil { try didEndLine() }
        return count
    }

    private mutating func didEndLine() throws(ResponseError) {
        switch phase {
        case .head:
            guard endsWithEmptyLine else { return }
            try didEndHead()
        case .chunkSize: try didEndChunkSize()
        case .chunkEnd:
            guard text == [0x0D, 0x0A] || text == [0x0A] else { throw .notHTTP }
            phase = .chunkSize
        case .trailers:
            if text == [0x0D, 0x0A] || text == [0x0A] { phase = .complete }
        case .body, .untilClose, .chunk, .complete: break
        }
        text.removeAll(keepingCapacity: true)
    }

    private mutating func didEndHead() throws(ResponseError) {
        let head = try ResponseHead(text)
        guard !head.isInterim else { return }
        self.head = head
        switch head.framing {
        case .length(let length):
            guard length <= maxBodyBytes else { throw .tooLarge }
            phase = length == 0 ? .complete : .body(length)
        case .chunked: phase = .chunkSize
        case .untilClose: phase = .untilClose
        }
    }

    private var endsWithEmptyLine: Bool {
        let count = text.count
        if count >= 2, text[count - 2] == 0x0A { return true }
        return count >= 3 && text[count - 2] == 0x0D && text[count - 3] == 0x0A
    }

    /// RFC 9112 section 7.1: hexadecimal digits, then extensions, which are ignored.
    private mutating func didEndChunkSize() throws(ResponseError) {
        let digits = text.prefix { $0.isASCIIHexDigit }
        let after = text[digits.count]
        guard !digits.isEmpty, digits.count <= 8, [0x0D, 0x0A, 0x20, 0x09, UInt8(ascii: ";")].contains(after) else {
            throw .notHTTP
        }
        let size = digits.reduce(0) { $0 << 4 | Int($1.hexDigitValue ?? 0) }
        guard body.count + size <= maxBodyBytes else { throw .tooLarge }
        phase = size == 0 ? .trailers : .chunk(size)
    }
}
