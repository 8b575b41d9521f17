import InMemoryLogging
import MetricsTestKit
import NIOCore
import NIOPosix
import TestSupport

@testable import SharedStore

/// One of several instances that share a store, for use by tests from outside its event loop.
final class Instance: Sendable {
    let eventLoop: any EventLoop
    let log = InMemoryLogHandler.make()
    let metrics = TestMetrics()
    private let store: NIOLoopBoundBox<SharedStore>

    init(
        _ url: String,
        isRequired: Bool = false,
        longestClaim: TimeAmount = .milliseconds(700),
        timeout: TimeAmount = .seconds(1),
        connectTimeout: TimeAmount = .seconds(2),
        user: String? = nil,
        password: String? = nil
    ) throws {
        eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        var configuration = SharedStore.Configuration(try RedisAddress(url))
        configuration.user = user
        configuration.password = password.map { RedisPassword($0) }
        configuration.timeout = timeout
        configuration.connectTimeout = connectTimeout
        configuration.isRequired = isRequired
        configuration.longestClaim = longestClaim
        store = .makeBoxSendingValue(
            try SharedStore(
                configuration,
                eventLoop: eventLoop,
                logger: log.logger,
                metrics: SharedStoreMetrics(prefix: "test", metrics)
            ),
            eventLoop: eventLoop
        )
    }

    deinit {
        eventLoop.execute { [store] in store.value.close() }
    }

    /// Claims a key. If another instance has it, waits for no more than the time: two seconds, which is long for a store that
    /// answers, or nearly the claim's life.
    func claim(
        _ key: String = "k",
        within time: TimeAmount? = nil,
        ttl: TimeAmount = .seconds(30)
    ) async throws -> SharedStore.Claim {
        let time = time ?? min(.seconds(2), ttl - .nanoseconds(ttl.nanoseconds / 6))
        return try await eventLoop.flatSubmit {
            let answer = self.eventLoop.makePromise(of: SharedStore.Claim.self)
            var count = 0
            self.store.value.claim(Self.key(key), until: .now() + time, livingFor: ttl - time) {
                count += 1
                precondition(count == 1, "completed twice")
                answer.succeed($0)
            }
            return answer.futureResult
        }.get()
    }

    /// Claims, again and again, until the store can be relied on.
    func claimWhenSettled(_ key: String = "k") async throws -> SharedStore.Claim {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            let claim = try await claim(key)
            guard case .unavailable = claim, ContinuousClock.now < end else { return claim }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Claims a key that is free.
    func ticket(_ key: String = "k", ttl: TimeAmount = .seconds(30)) async throws -> SharedStore.Ticket {
        guard case .won(let ticket) = try await claim(key, ttl: ttl) else {
            throw TestSupportError("\(key) is not free")
        }
        return ticket
    }

    func publish(_ text: String, _ ticket: SharedStore.Ticket, window: TimeAmount = .seconds(30)) async throws {
        try await eventLoop.submit { self.store.value.publish(Array(text.utf8), ticket, window: window) }.get()
    }

    func release(_ ticket: SharedStore.Ticket) async throws {
        try await eventLoop.submit { self.store.value.release(ticket) }.get()
    }

    /// Waits until the store has heard everything.
    func untilHeard() async throws {
        try await eventually("nothing is owed") {
            try await self.eventLoop.submit { !self.store.value.owesNews }.get()
        }
    }

    func close() async throws { try await eventLoop.submit { self.store.value.close() }.get() }

    /// A counter's value.
    func count(_ label: String) -> Int64 {
        metrics.counters.filter { $0.label == "test_shared_store_\(label)" }.map(\.totalValue).reduce(0, +)
    }

    private static func key(_ name: String) -> [UInt8] { Array("tiniapp-auth:call:\(name)".utf8) }
}

extension SharedStore.Claim {
    /// For comparisons.
    var word: String {
        switch self {
        case .won: "won"
        case .ended(let outcome): "ended: \(String(decoding: outcome, as: UTF8.self))"
        case .held: "held"
        case .unavailable: "unavailable"
        case .closed: "closed"
        }
    }
}
