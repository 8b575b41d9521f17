import InMemoryLogging
import NIOCore
import NIOPosix
import TestSupport
import Transport

@testable import SharedStore

/// A client on an event loop, for use by tests from outside it.
final class LoopClient: Sendable {
    typealias Outcome = Result<RedisReply, RedisFailure>

    let eventLoop: any EventLoop
    let log = InMemoryLogHandler.make()
    private let client: NIOLoopBoundBox<RedisClient>

    init(
        _ url: String,
        user: String? = nil,
        password: String? = nil,
        caFile: String? = nil,
        longestStall: TimeAmount = .seconds(60),
        maxReplyBytes: Int = 262_144
    ) throws {
        eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        var configuration = SharedStore.Configuration(try RedisAddress(url))
        configuration.user = user
        configuration.password = password.map { RedisPassword($0) }
        configuration.connectTimeout = .seconds(20)
        configuration.longestStall = longestStall
        configuration.maxReplyBytes = maxReplyBytes
        let trust = configuration.address.usesTLS ? try TrustedCertificates(caFile: caFile, usesTLS: true) : nil
        client = .makeBoxSendingValue(
            RedisClient(configuration, trust: trust, eventLoop: eventLoop, logger: log.logger, greet: Self.greet),
            eventLoop: eventLoop
        )
    }

    deinit {
        eventLoop.execute { [client] in client.value.close() }
    }

    /// Checks that it is Redis at all, and lets us in.
    private static func greet(_ connection: RedisConnection, _ done: @escaping (RedisFailure?) -> Void) {
        connection.send(RedisCommand("PING")) { result in
            switch result {
            case .success(.status("PONG")): done(nil)
            case .success: done(.unexpectedReply)
            case .failure(let failure): done(failure)
            }
        }
    }

    func send(_ arguments: String...) async throws -> Outcome { try await send([arguments])[0] }

    /// Sends commands one after the other without waiting.
    func send(_ commands: [[String]]) async throws -> [Outcome] {
        try await eventLoop.flatSubmit {
            let replies = commands.map { command in
                let reply = self.eventLoop.makePromise(of: Outcome.self)
                var count = 0
                self.client.value.send(RedisCommand(command.map { Array($0.utf8) })) {
                    count += 1
                    precondition(count == 1, "completed twice")
                    reply.succeed($0)
                }
                return reply.futureResult
            }
            return EventLoopFuture.whenAllSucceed(replies, on: self.eventLoop)
        }.get()
    }

    /// Waits until a command is answered again.
    func waitUntilUp() async throws {
        try await eventually("an answer") { try await send("PING") == .success(.status("PONG")) }
    }

    func close() async throws { try await eventLoop.submit { self.client.value.close() }.get() }
}
