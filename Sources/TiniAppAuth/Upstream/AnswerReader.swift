import NIOCore
import NIOHTTP1

/// Puts an answer together from its parts, within a limit.
struct AnswerReader {
    /// Bytes of a body.
    let limit: Int
    /// The head of the answer that came last.
    private(set) var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next part, in their order.
    ///
    /// - Returns: the whole answer when it is there, or why it is none of use.
    /// - Throws: ``UpstreamFailure/tooLarge`` if there must not be more of it.
    mutating func take(_ part: HTTPClientResponsePart) throws(UpstreamFailure) -> Result<
        UpstreamAnswer, UpstreamFailure
    >? {
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
            return Result { () throws(UpstreamFailure) in try UpstreamAnswer(head, body: body) }
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
