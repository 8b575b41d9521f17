import NIOCore
import NIOHTTP1

/// A whole answer, as it came.
package struct UpstreamResponse: Sendable, Equatable {
    /// The HTTP status.
    package let status: Int
    /// The header fields.
    package let fields: HTTPHeaders
    package let body: [UInt8]

    package init(status: Int, fields: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// Puts an answer together from its parts, within a limit.
struct ResponseReader {
    /// Bytes of a body.
    let limit: Int
    /// The head of the last answer.
    private(set) var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next part, in their order.
    ///
    /// - Returns: the complete answer; nil if more is to come.
    /// - Throws: ``UpstreamFailure/tooLarge`` if the body is over the limit.
    mutating func take(_ part: HTTPClientResponsePart) throws(UpstreamFailure) -> UpstreamResponse? {
        switch part {
        case .head(let head):
            self.head = head
            body = []
        case .body(let bytes):
            guard body.count + bytes.readableBytes <= limit else { throw .tooLarge }
            body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let head else { return nil }
            defer { body = [] }
            return UpstreamResponse(status: Int(head.status.code), fields: head.headers, body: body)
        }
        return nil
    }

    /// What the part means to the connection's state.
    func kind(of part: HTTPClientResponsePart) -> UpstreamConnectionState.Part {
        switch part {
        case .head: .head
        case .body: .body
        case .end: .end(isLast: head?.isKeepAlive != true)
        }
    }
}

extension UpstreamFailure {
    /// What an error on a connection means to the call that it carries.
    init(_ error: any Error) {
        switch error {
        case HTTPParserError.invalidEOFState: self = .connectionLost
        case is HTTPParserError, is NIOHTTPDecoderError: self = .notHTTP
        default: self = .connectionLost
        }
    }
}
