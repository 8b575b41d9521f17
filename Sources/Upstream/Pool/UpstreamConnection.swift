import Glibc
import NIOCore
import Text

/// One kept HTTP/1.1 connection, at the end of its channel's pipeline. Carries one call at a time.
///
/// ``UpstreamConnectionState`` decides; this class acts.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private weak var owner: (any UpstreamConnectionOwner)?
    private var channel: UpstreamChannel?
    private(set) var state: UpstreamConnectionState
    private(set) var openedAt: NIODeadline?
    /// The time of its last answer.
    private(set) var answeredAt: NIODeadline?
    /// Random, from 0 to 1, so that connections opened together do not end together.
    let jitter = Double.random(in: 0...1)
    private var call: UpstreamCall?
    private var parser: ResponseParser
    private let maxAnswerBytes: Int
    /// How long the server keeps it idle, if the last answer said so.
    private(set) var keepAlive: TimeAmount?
    /// Ends it when it has not been used for a while.
    private var idleTimer: CoarseTimers.Timer?
    private let timers: CoarseTimers

    init(owner: any UpstreamConnectionOwner, isWarm: Bool, maxAnswerBytes: Int, timers: CoarseTimers) {
        self.owner = owner
        self.timers = timers
        self.maxAnswerBytes = maxAnswerBytes
        state = UpstreamConnectionState(isWarm: isWarm)
        parser = ResponseParser(maxBodyBytes: maxAnswerBytes)
        owner.connection(self, movedFrom: nil, to: state.kind)
    }

    /// Takes the channel that has been opened for it. It is idle then.
    ///
    /// - Throws: if the peer has closed it, or it is no longer wanted; the channel is closed then.
    func open(on channel: any Channel) throws {
        do {
            self.channel = try UpstreamChannel(channel, handler: self)
            guard peerState != .hasClosed, change({ $0.didOpen() }) else { throw ChannelError.eof }
            openedAt = .now()
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// What the kernel knows of the server.
    var peerState: UpstreamChannel.PeerState { channel?.peerState ?? .hasClosed }

    /// Writes the call's request, unless the connection turns out to be closed.
    ///
    /// - Parameters:
    ///   - time: Unix time in milliseconds.
    ///   - peerState: ``peerState``, asked just now.
    /// - Returns: whether bytes of it may have left; false if none can have.
    func send(_ call: UpstreamCall, at time: Int64, _ peerState: UpstreamChannel.PeerState) -> Bool {
        guard let channel, peerState != .hasClosed, change({ $0.willWrite() }) else {
            end(.connectionLost, byPeer: true)
            return false
        }
        idleTimer?.cancel()
        self.call = call
        channel.write(call.request(for: self, at: time)) { isWritten in
            if isWritten {
                self.change { $0.didWrite() }
            } else {
                self.end(.connectionLost, byPeer: true)
            }
        }
        return true
    }

    /// Makes it ready for another call, if nothing is left of the last one: the whole request had been written, nothing
    /// has come after the answer, and the server has not closed.
    ///
    /// - Returns: whether it is ready. Otherwise it is closed, or has been.
    func settle() -> Bool {
        if change({ $0.didSettle() }) { return true }
        if state.phase == .answered { close() }
        return false
    }

    /// Closes it after this time, if it is not used.
    func expire(after time: TimeAmount) {
        guard let now = channel?.eventLoop.now else { return }
        idleTimer = timers.setRoughly(now + time) { self.close() }
    }

    /// Closes it when it has no call, now or after the answer.
    func retire() {
        if change({ $0.retire() }) { close() }
    }

    /// Closes it. A call that it carries fails.
    func close(_ failure: UpstreamFailure = .connectionLost) { end(failure, byPeer: false) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch change({ $0.didReceive() }) {
        case .expected: parse(unwrapInboundIn(data))
        case .ignored: break
        case .unasked: end(.connectionLost, byPeer: true)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        parser.end()
        if let response = parser.response { answer(response, hasSurplus: false) }
        end(.connectionLost, byPeer: true)
        _ = change { $0.didClose() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.connectionLost, byPeer: true)
    }

    private func parse(_ bytes: ByteBuffer) {
        let hadHead = parser.head != nil
        let result = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(ResponseError) in try parser.consume(bytes) }
        }
        // The parser has a copy, and NIO keeps this buffer for its next read.
        bytes.wipe()
        if !hadHead, parser.head != nil { change { $0.didReceiveHead() } }
        switch result {
        case .success(let used):
            if let response = parser.response { answer(response, hasSurplus: used < bytes.readableBytes) }
        case .failure(.notHTTP): close(.notHTTP)
        case .failure(.tooLarge): close(.tooLarge)
        }
    }

    /// Gives the complete answer to the call.
    private func answer(_ response: HTTPResponse, hasSurplus: Bool) {
        guard let call else { return }
        self.call = nil
        keepAlive = KeepAlive.timeout(response.fields)
        answeredAt = .now()
        let isLast = parser.head?.isKeepAlive != true || hasSurplus || Self.mayAnswerAgain(response.status)
        // The bytes that it has read do not stay in memory until the next call.
        parser = ResponseParser(maxBodyBytes: maxAnswerBytes)
        change { $0.didReceiveEnd(isLast: isLast) }
        call.finish(.success(response))
        if change({ $0.mayServeAgain() }) { owner?.connectionHasAnswered(self) } else { close() }
    }

    /// Whether something timed out or broke behind the server, or behind a gateway before it: the true answer may still
    /// come on this connection, and would go to the next caller.
    private static func mayAnswerAgain(_ status: Int) -> Bool { status >= 500 || status == 408 }

    /// Ends it, and with it the call that it carries, unless that may be sent again.
    ///
    /// - Parameter byPeer: whether the server closed it, or it broke.
    private func end(_ failure: UpstreamFailure, byPeer: Bool) {
        let ending = change { $0.willClose() }
        guard ending != .known else { return }
        idleTimer?.cancel()
        channel?.close()
        owner?.connectionEnded(self, !byPeer ? .closedByUs : state.hasServed ? .closedByServer : .failed)
        guard let call, case .inCall(let answerHadBegun) = ending else { return }
        self.call = nil
        let isBegun = answerHadBegun || failure == .notHTTP || failure == .tooLarge
        if let owner, call.maySendAgain(after: isBegun ? .answerBegun : .written) {
            owner.sendAgain(call)
        } else {
            call.finish(.failure(failure == .connectionLost && answerHadBegun ? .cutOff : failure))
        }
    }

    /// Changes the state, and tells the owner if it counts differently then.
    @discardableResult
    private func change<Effect>(_ transition: (inout UpstreamConnectionState) -> Effect) -> Effect {
        let old = state.kind
        let effect = transition(&state)
        if state.kind != old { owner?.connection(self, movedFrom: old, to: state.kind) }
        return effect
    }
}

extension ByteBuffer {
    /// Overwrites the readable bytes, where they are.
    fileprivate func wipe() {
        // NIO's reader may hold the same memory, but looks only at the bytes that it reads
        // into it next. So no copy is made first, as one would be for any other change.
        withUnsafeReadableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(UnsafeMutableRawPointer(mutating: start), bytes.count) }
        }
    }
}

extension UpstreamConnection {
    /// Why a connection has ended.
    enum EndCause {
        case closedByUs
        /// The server closed it after it had answered a call, or it broke.
        case closedByServer
        /// The same before it had answered any: the next one may fail likewise.
        case failed
    }
}

/// Receives a connection's events.
protocol UpstreamConnectionOwner: AnyObject {
    /// It is counted differently now; nil before it opens and after it ends.
    func connection(
        _ connection: UpstreamConnection,
        movedFrom old: ConnectionCounts.Kind?,
        to new: ConnectionCounts.Kind?
    )

    /// It has answered its call, and can serve another once it has settled.
    func connectionHasAnswered(_ connection: UpstreamConnection)

    /// It has ended: it is closed, or about to be.
    func connectionEnded(_ connection: UpstreamConnection, _ cause: UpstreamConnection.EndCause)

    /// A call may be sent again: no byte of it has left, or it is repeatable.
    func sendAgain(_ call: UpstreamCall)
}
