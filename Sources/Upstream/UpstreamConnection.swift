import NIOCore
import NIOHTTP1

/// One kept HTTP/1.1 connection, at the end of its channel's pipeline. Carries one call at a time.
///
/// ``UpstreamConnectionState`` decides what may happen when; this class does it.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private weak var owner: (any UpstreamConnectionOwner)?
    private var channel: UpstreamChannel?
    private(set) var state: UpstreamConnectionState
    private(set) var openedAt: NIODeadline?
    let ageingShare = Double.random(in: 0...1)
    private var call: UpstreamCall?
    private var answer: ResponseReader
    /// Makes it age, then ends it, when it has not been used for a while.
    private var idleTimer: CoarseTimers.Timer?
    private let timers: CoarseTimers

    init(owner: any UpstreamConnectionOwner, isWarm: Bool, maxAnswerBytes: Int, timers: CoarseTimers) {
        self.owner = owner
        self.timers = timers
        state = UpstreamConnectionState(isWarm: isWarm)
        answer = ResponseReader(limit: maxAnswerBytes)
        owner.connection(self, movedFrom: nil, to: state.kind)
    }

    /// Takes the channel that has been opened for it. It is idle then.
    ///
    /// - Throws: if the peer has closed it by now, or nobody wants it any more; the channel is closed then.
    func open(on channel: any Channel) throws {
        do {
            self.channel = try UpstreamChannel(channel, handler: self)
            guard isEstablished, change({ $0.didOpen() }) else { throw ChannelError.eof }
            openedAt = .now()
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// How long the server keeps it idle, if the last answer said so.
    var keepAlive: TimeAmount? { answer.head.flatMap { KeepAlive.timeout($0.headers) } }

    /// Writes the call's request, unless the connection turns out to be closed.
    ///
    /// - Parameter time: Unix time in milliseconds.
    /// - Returns: whether bytes of it may have left; false if none can have.
    func send(_ call: UpstreamCall, at time: Int64) -> Bool {
        guard let channel, isEstablished, change({ $0.willWrite() }) else {
            end(.connectionLost, isFault: true)
            return false
        }
        idleTimer?.cancel()
        self.call = call
        channel.write(call.request(for: self, at: time)) { self.end(.connectionLost, isFault: true) }
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
        do throws(UpstreamFailure) {
            guard let response = try answer.take(part) else { return }
            self.call = nil
            call.finish(.success(response))
        } catch {
            close(error)
        }
    }

    /// Ends it, and with it the call that it carries, unless that may be sent again.
    private func end(_ failure: UpstreamFailure, isFault: Bool) {
        let ending = change { $0.willClose() }
        guard ending != .known else { return }
        idleTimer?.cancel()
        channel?.close()
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

    /// Whether there is a channel, and its peer has not closed.
    private var isEstablished: Bool { channel?.isEstablished == true }

    /// Changes the state, and tells the owner if it counts differently then.
    private func change<Effect>(_ transition: (inout UpstreamConnectionState) -> Effect) -> Effect {
        let old = state.kind
        let effect = transition(&state)
        if state.kind != old { owner?.connection(self, movedFrom: old, to: state.kind) }
        return effect
    }
}

/// Receives a connection's events.
protocol UpstreamConnectionOwner: AnyObject {
    /// It is counted as something else now; nil before its beginning and after its end.
    func connection(
        _ connection: UpstreamConnection,
        movedFrom old: ConnectionCounts.Kind?,
        to new: ConnectionCounts.Kind?
    )

    /// It has answered its call and is idle again.
    func connectionIsFree(_ connection: UpstreamConnection)

    /// It has come to its end: it is closed, or about to be.
    ///
    /// - Parameter isFault: whether that was neither our doing nor the server's after an answer.
    func connectionEnded(_ connection: UpstreamConnection, isFault: Bool)

    /// A call may be sent again: no byte of it has left, or it stands repetition.
    func sendAgain(_ call: UpstreamCall)
}
