import Glibc
import MetricsTestKit
import NIOCore
import TestSupport
import Testing

@testable import SharedStore

/// A store that stalls, or goes away, while it is told something.
struct StalledStoreTests {
    static let short = TimeAmount.milliseconds(100)

    let server: RedisServer
    /// Has time to wait for the store, as a rule.
    let b: Instance

    init() async throws {
        server = try await RedisServer()
        b = try Instance(server.url)
    }

    @Test("A claim that the store carries out late is released right after it, and nobody waits for it")
    func claim() async throws {
        let a = try Instance(server.url, isRequired: true, timeout: Self.short)
        #expect(try await a.claimWhenSettled("first").word == "won")
        server.signal(SIGSTOP)
        #expect(try await a.claim().word == "unavailable")
        server.signal(SIGCONT)
        try await a.untilHeard()
        #expect(try await b.claim().word == "won")
    }

    @Test("While the store stalls, an instance that may go on without it does not wait for each claim")
    func alone() async throws {
        let a = try Instance(server.url, timeout: Self.short)
        #expect(try await a.claim("first").word == "won")
        server.signal(SIGSTOP)
        let started = ContinuousClock.now
        for number in 0..<100 { #expect(try await a.claim("\(number)").word == "won") }
        // Less than it takes until the connection is given up.
        #expect(ContinuousClock.now - started < .seconds(2.5))
        #expect(a.count("failures_total") == 100)
        server.signal(SIGCONT)
    }

    @Test(
        "An outcome and a release that the store did not hear are told to it when it is back from a stall or a restart",
        arguments: [0.3, 4, nil]
    )
    func owed(seconds: Double?) async throws {
        let (a, b) = (try Instance(server.url, timeout: Self.short), try Instance(server.url, timeout: .seconds(10)))
        let (ended, free) = (try await a.ticket("ended"), try await a.ticket("free"))
        #expect(try await b.claim("first").word == "won")
        if seconds == nil { server.stop() } else { server.signal(SIGSTOP) }
        try await a.publish("sealed", ended)
        try await a.release(free)
        #expect(try await a.claim("ended").word == "ended: sealed", "what it knows itself comes first")
        if let seconds { try await Task.sleep(for: .seconds(seconds)) }
        #expect(a.metrics.meters.first { $0.label == "test_shared_store_owed_changes" }?.lastValue == 2)
        if seconds == nil { try await server.start() } else { server.signal(SIGCONT) }
        try await a.untilHeard()
        try await eventually("it is heard") { try await b.claim("ended").word == "ended: sealed" }
        #expect(try await b.claim("free", within: .seconds(20)).word == "won")
    }

    @Test(
        "An instance that waits for another one's call goes on waiting while the store fails, and never makes the call"
    )
    func waiting() async throws {
        let waiter = try Instance(server.url, timeout: Self.short)
        let ticket = try await b.ticket(ttl: .seconds(60))
        #expect(try await waiter.claim().word == "held")
        let before = try evaluations()
        async let long = waiter.claim(within: .seconds(60), ttl: .seconds(90))
        // By its second look it has seen the claim.
        try await eventually("two looks") { try evaluations() >= before + 2 }
        server.signal(SIGSTOP)
        try await eventually("failures") { waiter.count("failures_total") > 0 }
        server.signal(SIGCONT)
        try await b.publish("sealed", ticket)
        #expect(try await long.word == "ended: sealed")
    }

    @Test("Far from the store, also the first claim after the store has closed an idle connection reaches it")
    func farAway() async throws {
        // A connection takes longer than a claim may, but is waited for.
        let proxy = try StoreProxy(server, delay: .milliseconds(300))
        let a = try Instance(proxy.url, timeout: .milliseconds(800), connectTimeout: .seconds(30))
        #expect(try await a.claim("first", within: .seconds(30)).word == "won")
        // Else it counts as a connection that was of no use.
        try await Task.sleep(for: .milliseconds(1_200))
        try server.run("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        let up = try a.metrics.expectGauge("test_shared_store_up")
        try await eventually("the close is noticed") { up.lastValue == 0 }
        #expect(try await a.claim(within: .seconds(30)).word == "won")
        #expect(try await b.claim().word == "held")
    }

    /// How many scripts the server has run.
    func evaluations() throws -> Int {
        let count = try server.run("INFO", "commandstats").firstMatch(of: /cmdstat_eval:calls=(\d+)/)
        return count.flatMap { Int($0.1) } ?? 0
    }
}
