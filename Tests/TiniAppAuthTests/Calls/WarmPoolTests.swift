import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import TiniAppAuth

/// Warm connections, with real servers.
struct WarmPoolTests {
    static let connections = "tiniapp_auth_upstream_connections"

    @Test("Warm connections are opened at the start, and the first calls open no more")
    func atStart() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.warmConnections = 3 },
            script: { _ in ScriptedServer.Reaction.json().after(.milliseconds(20)) }
        ) { fixture in
            let idle = try fixture.metrics.expectMeter(Self.connections, [("state", "idle")])
            try await eventually("three are ready") { idle.lastValue == 3 }
            #expect(await fixture.calls(3).allSatisfy { $0.text == "{}" })
            #expect(fixture.server.acceptedCount == 3)
            #expect(fixture.metrics.counterTotal(label: "tiniapp_auth_upstream_connections_opened_total") == 3)
            try await eventually("three are ready") { idle.lastValue == 3 }
            #expect(try fixture.metrics.expectMeter(Self.connections, [("state", "connecting")]).lastValue == 0)
            #expect(try fixture.metrics.expectMeter(Self.connections, [("state", "in_use")]).lastValue == 0)
        }
    }

    @Test(
        "After a burst, 32 connections stay ready for a while, or as many as are to be warm",
        arguments: [(warm: 0, left: 32), (warm: 36, left: 36)]
    )
    func burst(warm: Int, left: Int) async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.warmConnections = warm },
            script: { _ in ScriptedServer.Reaction.json().after(.milliseconds(50)) }
        ) { fixture in
            let idle = try fixture.metrics.expectMeter(Self.connections, [("state", "idle")])
            try await eventually("the warm ones are ready") { idle.lastValue ?? 0 == Double(warm) }
            #expect(await fixture.calls(40).allSatisfy { $0.text == "{}" })
            try await eventually("all are idle") { idle.lastValue == 40 }
            try await eventually("the surplus is closed") { idle.lastValue == Double(left) }
            // Longer than any surplus one stays.
            try await Task.sleep(for: .milliseconds(2_200))
            #expect(idle.lastValue == Double(left))
            #expect(fixture.server.acceptedCount == 40)
        }
    }

    @Test("A warm connection that the server closes is replaced after a pause")
    func replaced() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.warmConnections = 2 },
            script: { _ in .json() }
        ) { fixture in
            try await eventually("two are open") { fixture.server.acceptedCount == 2 }
            let started = ContinuousClock.now
            try await fixture.server.channels[0].close()
            try await eventually("another is open") { fixture.server.acceptedCount == 3 }
            #expect(ContinuousClock.now - started >= .milliseconds(370))
        }
    }

    @Test("A warm connection whose time is over is closed and replaced")
    func expired() async throws {
        // It is kept for 1 s.
        try await ServiceFixture.run(
            configure: { $0.upstream.warmConnections = 1 },
            script: { _ in .json(fields: "Keep-Alive: timeout=2\r\n") }
        ) { fixture in
            let idle = try fixture.metrics.expectMeter(Self.connections, [("state", "idle")])
            try await eventually("it is ready") { idle.lastValue == 1 }
            #expect(await fixture.call().text == "{}")
            try await eventually("it is closed") { !fixture.server.channels[0].isActive }
            try await eventually("another is ready") { fixture.server.acceptedCount == 2 && idle.lastValue == 1 }
        }
    }

    @Test("A call does not wait for a stalled warm connection, and has the full timeout for its own")
    func stalled() async throws {
        // Accepts, but never sends a byte of TLS.
        try await ServiceFixture.run(
            configure: {
                $0.callPort($0.endpoints.exchange.origin.port, scheme: "https")
                $0.upstream.warmConnections = 1
                $0.upstream.connectTimeout = .milliseconds(600)
            },
            script: { _ in .silence }
        ) { fixture in
            try await eventually("it is accepted") { fixture.server.acceptedCount >= 1 }
            try await Task.sleep(for: .milliseconds(300))
            let started = ContinuousClock.now
            let outcome = await fixture.outcome(.exchange, #"{"code":"SECRET"}"#)
            #expect(outcome.failureCode == "connect_timeout")
            let elapsed = ContinuousClock.now - started
            #expect(elapsed >= .milliseconds(590) && elapsed < .seconds(5))
        }
    }

    @Test("Closing the service ends the warm connections and opens no more")
    func close() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.warmConnections = 2 },
            script: { _ in .json() }
        ) { fixture in
            try await eventually("two are open") { fixture.server.acceptedCount == 2 }
            // Makes the pool plan a retry.
            try await fixture.server.channels[0].close()
            try await fixture.close()
            try await eventually("all are closed") { fixture.server.channels.allSatisfy { !$0.isActive } }
            // On a busy machine, the retry may have come before the close.
            let accepted = fixture.server.acceptedCount
            try await Task.sleep(for: .milliseconds(600))
            #expect(fixture.server.acceptedCount == accepted)
        }
    }
}
