import DequeModule
import NIOCore

/// One open connection: sends commands as they come, and hands each its reply, in order. Lives on the event loop.
///
/// Replies are not numbered: after one that is late or malformed, the next one cannot be matched to its command. The
/// connection ends then, and all its commands fail.
package final class RedisConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias Completion = (Result<RedisReply, RedisFailure>) -> Void

    private struct Pending {
        let deadline: NIODeadline
        let completion: Completion
    }

    private let channel: any Channel
    private let reader: RedisReplyReader
    private var pending: Deque<Pending> = []
    /// When the timer fires; nil if it is not set.
    private var timer: NIODeadline?
    private var ended: RedisFailure?
    /// Called once, after the commands have failed.
    private let didEnd: (RedisConnection, RedisFailure) -> Void

    init(
        _ channel: any Channel,
        maxReplyBytes: Int,
        didEnd: @escaping (RedisConnection, RedisFailure) -> Void
    ) throws {
        self.channel = channel
        self.didEnd = didEnd
        reader = RedisReplyReader(maxBytes: maxReplyBytes)
        try channel.pipeline.syncOperations.addHandler(self)
    }

    /// Commands that wait for their reply.
    var pendingCount: Int { pending.count }

    /// Sends a command. The completion is called once, with the reply; an error reply is a failure.
    ///
    /// - Parameter deadline: when to close the connection if there is no reply. Not earlier than any earlier command's.
    package func send(_ command: RedisCommand, deadline: NIODeadline, _ completion: @escaping Completion) {
        if let ended { return completion(.failure(ended)) }
        pending.append(Pending(deadline: deadline, completion: completion))
        setTimer()
        channel.writeAndFlush(command.bytes, promise: nil)
    }

    /// Closes the connection. Pending commands fail with this failure.
    func end(_ failure: RedisFailure) {
        guard ended == nil else { return }
        ended = failure
        let failed = pending
        pending = []
        channel.close(promise: nil)
        for command in failed { command.completion(.failure(failure)) }
        didEnd(self, failure)
    }

    /// One timer is enough, since the first command's deadline comes first. It is not moved with each reply: when it
    /// fires, it checks, and is set again. Only an earlier deadline needs another timer. (The greeting has more time
    /// than the commands after it.)
    private func setTimer() {
        guard let first = pending.first else { return }
        if let timer, timer <= first.deadline { return }
        let deadline = first.deadline
        timer = deadline
        channel.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            guard let self, timer == deadline else { return }
            timer = nil
            if let first = pending.first, first.deadline <= .now() { end(.timeout) } else { setTimer() }
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard ended == nil else { return }
        do throws(RedisFailure) {
            try reader.feed(unwrapInboundIn(data))
            // A completion may end the connection.
            while ended == nil, let reply = try reader.next() { try take(reply) }
        } catch {
            end(error)
        }
    }

    private func take(_ reply: RedisReply) throws(RedisFailure) {
        guard let command = pending.popFirst() else {
            // Before a server hangs up on a new client, it says why.
            if case .error(let error) = reply { throw .refused(error) }
            throw .notRedis
        }
        guard case .error(let error) = reply else { return command.completion(.success(reply)) }
        command.completion(.failure(.refused(error)))
        if error.endsConnection { throw .refused(error) }
    }

    package func channelInactive(context: ChannelHandlerContext) { end(.connectionLost) }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.connectionLost) }
}
