import DequeModule
import NIOCore

/// One open connection: sends commands as they come, and gives each its reply, in order. Lives on the event loop.
///
/// Replies have no number: once one is late, or not understood, there is no telling which command the next one belongs to.
/// So the connection ends then, and all its commands fail.
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
    /// When the timer ends; nil if none is set.
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
    /// - Parameter deadline: when the connection is given up if there is no reply. No earlier than those of the commands
    ///   before it.
    package func send(_ command: RedisCommand, deadline: NIODeadline, _ completion: @escaping Completion) {
        if let ended { return completion(.failure(ended)) }
        pending.append(Pending(deadline: deadline, completion: completion))
        setTimer()
        channel.writeAndFlush(command.bytes, promise: nil)
    }

    /// Closes the connection. Commands that wait fail with this.
    func end(_ failure: RedisFailure) {
        guard ended == nil else { return }
        ended = failure
        let failed = pending
        pending = []
        channel.close(promise: nil)
        for command in failed { command.completion(.failure(failure)) }
        didEnd(self, failure)
    }

    /// One timer is enough: the first command's time is over first. It is not moved with each reply, but looks when it ends;
    /// only a time that ends before it takes another. (The greeting has more time than the commands after it.)
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
            // A server says why it hangs up on a new client.
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
