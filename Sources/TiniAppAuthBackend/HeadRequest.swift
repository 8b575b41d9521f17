import NIOCore
import NIOHTTP1
import TiniAppAuth

/// One `HEAD` request on a connection, which it closes.
enum HeadRequest {
    /// - Returns: the answer's `Date`; nil if it has none.
    /// - Throws: if no answer comes in time, or none that is HTTP.
    static func send(to url: UpstreamURL, on channel: any Channel, timeout: TimeAmount) async throws -> String? {
        let answer = channel.eventLoop.makePromise(of: String?.self)
        let timer = channel.eventLoop.scheduleTask(in: timeout) { answer.fail(ChannelError.connectTimeout(timeout)) }
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(DateReader(answer))
            let headers: HTTPHeaders = ["Host": url.origin.authority, "Connection": "close"]
            let head = HTTPRequestHead(version: .http1_1, method: .HEAD, uri: url.target, headers: headers)
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }.get()
        defer {
            timer.cancel()
            channel.close(promise: nil)
        }
        return try await answer.futureResult.get()
    }
}

private final class DateReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<String?>

    init(_ answer: EventLoopPromise<String?>) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) { answer.succeed(head.headers.first(name: "Date")) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(ChannelError.eof)
    }
}
