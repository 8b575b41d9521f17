import NIOCore
import NIOHTTP1
import NIOPosix

/// One kept HTTP/1.1 connection to Tiki, at the end of its channel's pipeline. Carries one call at a time.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        case idle
        case waitingForAnswer(UpstreamCall)
        case readingAnswer(UpstreamCall, HTTPResponseHead, body: [UInt8])
        /// The answer is whole. The connection is free when nothing has come behind it.
        case answered(keptFor: TimeAmount?)
        case closed
    }

    let channel: any Channel
    private let maxAnswerBytes: Int
    private weak var pool: UpstreamPool?
    private var state = State.idle
    /// Ends the connection when it has not been used for a while.
    private var idleTimer: Scheduled<Void>?
    /// Whether the head of the current answer has arrived.
    private var hasAnswerBegun: Bool {
        if case .readingAnswer = state { true } else { false }
    }

    init(channel: any Channel, pool: UpstreamPool, maxAnswerBytes: Int) {
        self.channel = channel
        self.pool = pool
        self.maxAnswerBytes = maxAnswerBytes
    }

    /// Whether a request can be sent: the peer has not closed. Its end-of-file may have reached the kernel and not
    /// yet us, so the kernel is asked; a request that is written then is lost, and must not be sent again.
    var isUsable: Bool {
        guard channel.isActive, case .idle = state else { return false }
        var isEstablished = true
        // Completes at once on the event loop.
        (channel as? any SocketOptionProvider)?.getTCPInfo().assumeIsolated().whenSuccess { info in
            isEstablished = info.tcpi_state == UInt8(TCP_ESTABLISHED)
        }
        return isEstablished
    }

    /// Writes a request. From here on its bytes may have reached Tiki.
    func send(_ call: UpstreamCall, headers: HTTPHeaders) {
        idleTimer?.cancel()
        idleTimer = nil
        state = .waitingForAnswer(call)
        call.connection = self
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: call.url.target, headers: headers)
        channel.pipeline.syncOperations.write(wrapOutboundOut(.head(head)), promise: nil)
        channel.pipeline.syncOperations.write(
            wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: call.body)))),
            promise: nil
        )
        channel.pipeline.syncOperations.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Closes the connection when this much time passes without a call.
    func closeWhenIdle(for time: TimeAmount) {
        idleTimer = channel.eventLoop.assumeIsolated().scheduleTask(in: time) { self.close() }
    }

    func close() {
        channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, unwrapInboundIn(data)) {
        case (.waitingForAnswer(let call), .head(let head)):
            state = .readingAnswer(call, head, body: [])
        case (.readingAnswer(let call, let head, var body), .body(let part)):
            guard body.count + part.readableBytes <= maxAnswerBytes else { return fail(.tooLarge) }
            state = .waitingForAnswer(call)  // Else the body has two owners, and appending copies it.
            body.append(contentsOf: part.readableBytesView)
            state = .readingAnswer(call, head, body: body)
        case (.readingAnswer(let call, let head, let body), .end):
            complete(call, head, body)
        case (.closed, _):
            break
        default:
            // Something that no request asked for.
            fail(.connectionLost)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Not earlier: what the server sent along with the answer would be taken for that of the next call.
        if case .answered(let keptFor) = state {
            state = .idle
            pool?.release(self, idleFor: keptFor)
        }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.connectionLost)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.connectionLost)
    }

    private func complete(_ call: UpstreamCall, _ head: HTTPResponseHead, _ body: [UInt8]) {
        state = .answered(keptFor: KeepAlive.timeout(head.headers))
        pool?.observe(head, of: call)
        if !head.isKeepAlive { fail(.connectionLost) }
        var scanner = JSONScanner(body, allowsLoneSurrogates: true)
        guard (try? scanner.scan()) != nil else { return call.finish(.failure(.notJSON)) }
        call.finish(.success(UpstreamAnswer(status: Int(head.status.code), body: body)))
    }

    /// Ends the connection, and with it the call that it carries.
    func fail(_ failure: UpstreamFailure) {
        let call: UpstreamCall? =
            switch state {
            case .waitingForAnswer(let call), .readingAnswer(let call, _, _): call
            case .idle, .answered, .closed: nil
            }
        if case .closed = state { return }
        let mayRepeat = failure == .connectionLost && !hasAnswerBegun
        state = .closed
        idleTimer?.cancel()
        close()
        pool?.remove(self)
        guard let call else { return }
        if mayRepeat, call.takeRepetition() {
            pool?.dispatch(call)
        } else {
            call.finish(.failure(failure))
        }
    }
}
