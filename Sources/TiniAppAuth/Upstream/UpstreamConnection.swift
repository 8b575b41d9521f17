import NIOCore
import NIOHTTP1

/// One kept HTTP/1.1 connection to Tiki, at the end of its channel's pipeline. Carries one call at a time.
///
/// What may happen when, ``UpstreamConnectionState`` says; here it is done.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Announces a request to the decoder, which looks at the method alone.
    private static let anyPost = HTTPRequestHead(version: .http1_1, method: .POST, uri: "")

    private weak var owner: (any UpstreamConnectionOwner)?
    private var channel: (any Channel)?
    /// Where the kernel's state of it is asked for; nil if there is no socket behind it.
    private var socketOptions: (any NIOSynchronousChannelOptions)?
    private(set) var state: UpstreamConnectionState
    private(set) var openedAt: NIODeadline?
    let ageingShare = Double.random(in: 0...1)
    private var call: UpstreamCall?
    private var answer: AnswerReader
    /// Makes it age, then ends it, when it has not been used for a while.
    private var idleTimer: CoarseTimers.Timer?
    private let timers: CoarseTimers

    init(owner: any UpstreamConnectionOwner, isWarm: Bool, maxAnswerBytes: Int, timers: CoarseTimers) {
        self.owner = owner
        self.timers = timers
        state = UpstreamConnectionState(isWarm: isWarm)
        answer = AnswerReader(limit: maxAnswerBytes)
        owner.connection(self, movedFrom: nil, to: state.kind)
    }

    /// Takes the channel that has been opened for it. It is idle then.
    ///
    /// - Throws: if the peer has closed it by now, or nobody wants it any more; the channel is closed then.
    func open(on channel: any Channel) throws {
        do {
            self.channel = channel
            socketOptions = channel is any SocketOptionProvider ? channel.syncOptions : nil
            try channel.pipeline.syncOperations.addHandler(RequestWriter())
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
            try channel.pipeline.syncOperations.addHandler(self)
            guard isEstablished, change({ $0.didOpen() }) else { throw ChannelError.eof }
            openedAt = .now()
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// How long the server keeps it idle, if the last answer said so.
    var keepAlive: TimeAmount? { answer.head.flatMap { KeepAlive.timeout($0.headers) } }

    /// Writes a request, unless the connection is found closed.
    ///
    /// - Parameter request: makes the request's bytes, with the signature, at the last moment.
    /// - Returns: whether they may have reached Tiki from now on; false if not one can have left.
    func send(_ call: UpstreamCall, request: () -> ByteBuffer) -> Bool {
        guard let channel, isEstablished, change({ $0.willWrite() }) else {
            end(.connectionLost, isFault: true)
            return false
        }
        idleTimer?.cancel()
        self.call = call
        let pipeline = channel.pipeline.syncOperations
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenFailure { _ in self.end(.connectionLost, isFault: true) }
        pipeline.write(wrapOutboundOut(.head(Self.anyPost)), promise: nil)
        pipeline.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(request()))), promise: written)
        return true
    }

    /// Has it age, and then closes it, when it is not used.
    func expire(after time: IdleTime) {
        guard let now = channel?.eventLoop.now else { return }
        idleTimer = timers.set(now + time.agesAfter) {
            guard self.change({ $0.age() }) else { return }
            self.idleTimer = self.timers.set(now + time.closesAfter) { self.close() }
        }
    }

    /// Closes it when it has no call, now or after the answer.
    func retire() {
        if change({ $0.retire() }) { close() }
    }

    /// Closes it. A call that it carries fails.
    func close(_ failure: UpstreamFailure = .connectionLost) { end(failure, isFault: false) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch change({ $0.didReceive(answer.kind(of: part)) }) {
        case .expected: take(part)
        case .ignored: break
        case .unasked: end(.connectionLost, isFault: true)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Not earlier: what the server sent along with the answer would be taken for that of the next call.
        switch change({ $0.didCompleteRead() }) {
        case .nothing: break
        case .release: owner?.connectionIsFree(self)
        case .close: close()
        }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.connectionLost, isFault: true)
        _ = change { $0.didClose() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(UpstreamFailure(error), isFault: true)
    }

    private func take(_ part: HTTPClientResponsePart) {
        guard let call else { return }
        if case .head(let head) = part { owner?.connection(self, received: head, for: call) }
        do throws(UpstreamFailure) {
            guard let result = try answer.take(part) else { return }
            self.call = nil
            call.finish(result)
        } catch {
            close(error)
        }
    }

    /// Ends it, and with it the call that it carries, unless that may be sent again.
    private func end(_ failure: UpstreamFailure, isFault: Bool) {
        let ending = change { $0.willClose() }
        guard ending != .known else { return }
        idleTimer?.cancel()
        channel?.close(promise: nil)
        owner?.connectionEnded(self, isFault: isFault && !state.hasServed)
        guard let call, case .inCall(let answerHadBegun) = ending else { return }
        self.call = nil
        let isBegun = answerHadBegun || failure == .notHTTP
        if let owner, call.maySendAgain(after: isBegun ? .answerBegun : .written) {
            owner.sendAgain(call)
        } else {
            call.finish(.failure(failure == .connectionLost && answerHadBegun ? .cutOff : failure))
        }
    }

    /// Whether the peer has not closed, as far as the kernel knows.
    private var isEstablished: Bool { channel?.isActive == true && socketOptions?.isEstablished != false }

    /// Changes the state, and tells the owner if it counts differently then.
    private func change<Effect>(_ transition: (inout UpstreamConnectionState) -> Effect) -> Effect {
        let old = state.kind
        let effect = transition(&state)
        if state.kind != old { owner?.connection(self, movedFrom: old, to: state.kind) }
        return effect
    }
}
