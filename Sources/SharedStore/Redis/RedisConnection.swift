import DequeModule
import NIOCore

/// One open connection: sends commands as they come, and hands each its reply, in order. Lives on the event loop.
///
/// While the server stalls, the connection stays open for some seconds: it carries the commands out in the order in which they
/// were sent, however late, and each late reply still belongs to its command.
final class RedisConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias Completion = (Result<RedisReply, RedisFailure>) -> Void

    private let channel: any Channel
    /// How long a command waits for its reply before the connection is closed.
    private let longestStall: TimeAmount
    private let reader: RedisReplyReader
    private var pending: Deque<(sentAt: NIODeadline, completion: Completion)> = []
    private var isTimerSet = false
    private var ended: RedisFailure?
    /// Called once, after the commands have failed.
    private let didEnd: (RedisConnection, RedisFailure) -> Void

    init(
        _ channel: any Channel,
        _ configuration: SharedStore.Configuration,
        didEnd: @escaping (RedisConnection, RedisFailure) -> Void
    ) throws {
        self.channel = channel
        self.didEnd = didEnd
        longestStall = configuration.longestStall
        reader = RedisReplyReader(maxBytes: configuration.maxReplyBytes)
        try channel.pipeline.syncOperations.addHandler(self)
    }

    /// Commands that wait for their reply.
    var pendingCount: Int { pending.count }
    /// When the oldest of them was sent; nil if there is none.
    var waitingSince: NIODeadline? { pending.first?.sentAt }

    /// Sends a command. The completion is called once, with the reply; an error reply is a failure.
    func send(_ command: RedisCommand, _ completion: @escaping Completion) {
        if let ended { return completion(.failure(ended)) }
        pending.append((.now(), completion))
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

    /// One timer is enough, since the oldest command comes first. It is not moved with each reply: when it fires, it looks at
    /// what is the oldest command then.
    private func setTimer() {
        guard !isTimerSet, let first = pending.first else { return }
        isTimerSet = true
        channel.eventLoop.assumeIsolated().scheduleTask(deadline: first.sentAt + longestStall) { [weak self] in
            guard let self else { return }
            isTimerSet = false
            if let first = pending.first, first.sentAt + longestStall <= .now() {
                end(.timeout)
            } else {
                setTimer()
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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

    func channelInactive(context: ChannelHandlerContext) { end(.connectionLost) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.connectionLost) }
}
