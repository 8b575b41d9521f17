import InMemoryLogging
import MetricsTestKit
import NIOCore
import NIOPosix
import Redis
import TestSupport

@testable import SharedStore

/// One of several instances that share a store, with its own client, for use by tests from outside its event loop.
final class Instance: Sendable {
    let eventLoop: any EventLoop
    let log = InMemoryLogHandler.make()
    let metrics = TestMetrics()
    private let store: NIOLoopBoundBox<SharedStore>

    init(
        _ url: String,
        isRequired: Bool = false,
        longestCall: TimeAmount = .milliseconds(700),
        timeout: TimeAmount = .seconds(1),
        user: String? = nil,
        password: String? = nil
    ) throws {
        eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        var redis = RedisClient.Configuration(try RedisAddress(url))
        redis.user = user
        redis.password = password.map { RedisPassword($0) }
        redis.name = "the shared store"
        redis.timeout = timeout
        var configuration = SharedStore.Configuration(redis: redis, markerKey: Array("marker".utf8))
        configuration.isRequired = isRequired
        configuration.longestCall = longestCall
        store = .makeBoxSendingValue(
            SharedStore(
                configuration,
                trust: nil,
                eventLoop: eventLoop,
                logger: log.logger,
                metrics: SharedStoreMetrics(prefix: "test", metrics)
            ),
            eventLoop: eventLoop
        )
    }

    convenience init(
        _ server: RedisServer,
        isRequired: Bool = false,
        longestCall: TimeAmount = .milliseconds(700),
        timeout: TimeAmount = .seconds(1)
    ) throws {
        try self.init(
            "redis+unix://\(server.path)",
            isRequired: isRequired,
            longestCall: longestCall,
            timeout: timeout
        )
    }

    func claim(
        _ key: String = "k",
        owner: String,
        ttl: TimeAmount = .seconds(30)
    ) async throws -> SharedStore.Claim {
        try await ask { $0.claim(Array(key.utf8), owner: Array(owner.utf8), ttl: ttl, $1) }
    }

    /// Claims once claims can be relied on.
    func claimWhenSettled(_ key: String = "k", owner: String) async throws -> SharedStore.Claim {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            let claim = try await claim(key, owner: owner)
            if ContinuousClock.now > end { return claim }
            switch claim {
            case .waiting(let until): try await Task.sleep(for: Duration(max(.milliseconds(1), until - .now())))
            case .failed(.closed): return claim
            case .failed: try await Task.sleep(for: .milliseconds(20))
            default: return claim
            }
        }
    }

    func publish(
        _ key: String = "k",
        owner: String,
        answer: String,
        window: TimeAmount = .seconds(30)
    ) async throws -> SharedStore.Change {
        try await ask {
            $0.publish(
                Array(key.utf8),
                owner: Array(owner.utf8),
                answer: Array(answer.utf8),
                window: window,
                $1
            )
        }
    }

    func publishUnknown(_ key: String = "k", owner: String, reason: String) async throws -> SharedStore.Change {
        try await ask {
            $0.publishUnknown(
                Array(key.utf8),
                owner: Array(owner.utf8),
                reason: Array(reason.utf8),
                window: .seconds(30),
                $1
            )
        }
    }

    func release(_ key: String = "k", owner: String) async throws -> SharedStore.Change {
        try await ask { $0.release(Array(key.utf8), owner: Array(owner.utf8), $1) }
    }

    func look(_ key: String = "k") async throws -> SharedStore.Held {
        try await ask { $0.look(Array(key.utf8), $1) }
    }

    func wait(_ key: String = "k", within time: TimeAmount) async throws -> SharedStore.WaitOutcome {
        try await ask { $0.wait(for: Array(key.utf8), until: .now() + time, $1) }
    }

    func close() async throws { try await eventLoop.submit { self.store.value.close() }.get() }

    /// A counter's value.
    func count(_ label: String) -> Int64 {
        metrics.counters.filter { $0.label == "test_shared_store_\(label)" }.map(\.totalValue).reduce(0, +)
    }

    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (SharedStore, @escaping (Answer) -> Void) -> Void
    ) async throws -> Answer {
        try await eventLoop.flatSubmit {
            let answer = self.eventLoop.makePromise(of: Answer.self)
            var count = 0
            question(self.store.value) {
                count += 1
                precondition(count == 1, "completed twice")
                answer.succeed($0)
            }
            return answer.futureResult
        }.get()
    }
}

extension SharedStore.Claim {
    var isWaiting: Bool {
        if case .waiting = self { true } else { false }
    }
}

/// Instances that use a fake server, by `redis+unix:` URL.
extension Instance {
    convenience init(_ server: FakeRedis, isRequired: Bool = false) throws {
        try self.init("redis+unix://\(server.path)", isRequired: isRequired)
    }
}
