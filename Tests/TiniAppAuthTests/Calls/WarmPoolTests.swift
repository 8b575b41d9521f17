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
            try await fixture.eventually { idle.lastValue == 3 }
            #expect(await fixture.calls(3).allSatisfy { $0.text == "{}" })
            #expect(fixture.server.acceptedCount == 3)
            #expect(fixture.metrics.counterTotal(label: "tiniapp_auth_upstream_connections_opened_total") == 3)
            try await fixture.eventually { idle.lastValue == 3 }
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
            try await fixture.eventually { fixture.server.acceptedCount == warm && idle.lastValue ?? 0 == Double(warm) }
            #expect(await fixture.calls(40).allSatisfy { $0.text == "{}" })
            try await fixture.eventually { idle.lastValue == 40 }
            try await fixture.eventually { idle.lastValue == Double(left) }
            // Longer than any surplus one stays.
            try await Task.sleep(for: .milliseconds(2_200))
            #expect(idle.lastValue == Double(left))
            #expect(fixture.server.acceptedCount == 40)
        }
    }

    @Test("Calls over TLS make no handshake after those at the start")
    func handshakes() async throws {
        let authority = try TestAuthority()
        try await ServiceFixture.run(
            tls: authority.server("IP:127.0.0.1"),
            configure: {
                $0.upstream.warmConnections = 2
                $0.upstream.caFile = authority.caFile
            },
            script: { _ in .json() }
        ) { fixture in
            let idle = try fixture.metrics.expectMeter(Self.connections, [("state", "idle")])
            try await fixture.eventually { idle.values.contains(2) }
            for number in 0..<50 { #expect(await fixture.call(.exchange, "SECRET\(number)").text == "{}") }
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test("A warm connection that the server closes is replaced after a pause")
    func replaced() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.warmConnections = 2 },
            script: { _ in .json() }
        ) { fixture in
            try await fixture.eventually { fixture.server.acceptedCount == 2 }
            let started = ContinuousClock.now
            try await fixture.server.channels[0].close()
            try await fixture.eventually { fixture.server.acceptedCount == 3 }
            #expect(ContinuousClock.now - started >= .milliseconds(370))
        }
    }

    @Test("Warm connections never exceed the limit of all connections")
    func limit() async throws {
        try await ServiceFixture.run(
            configure: {
                $0.upstream.warmConnections = 5
                $0.upstream.maxConnections = 2
            },
            script: { _ in .json() }
        ) { fixture in
            try await fixture.eventually { fixture.server.acceptedCount == 2 }
            try await Task.sleep(for: .milliseconds(50))
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test("A server that accepts and closes is not flooded with warm connections")
    func acceptsAndCloses() async throws {
        try await ServiceFixture.run(
            closesAtOnce: true,
            configure: { $0.upstream.warmConnections = 2 },
            script: { _ in .json() }
        ) { fixture in
            let started = ContinuousClock.now
            try await Task.sleep(for: .milliseconds(1_200))
            let accepted = fixture.server.acceptedCount
            // Two at once, two after 0.5 s, two more after another second; then the pauses get longer.
            let rounds = 2 + Int((ContinuousClock.now - started) / .seconds(1))
            #expect((2...(2 * rounds)).contains(accepted))
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
            try await fixture.eventually { idle.lastValue == 1 }
            #expect(await fixture.call().text == "{}")
            try await fixture.eventually { !fixture.server.channels[0].isActive }
            try await fixture.eventually { fixture.server.acceptedCount == 2 && idle.lastValue == 1 }
        }
    }

    @Test("Closing the service ends the warm connections and opens no more")
    func close() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.warmConnections = 2 },
            script: { _ in .json() }
        ) { fixture in
            try await fixture.eventually { fixture.server.acceptedCount == 2 }
            // Makes the pool plan a retry.
            try await fixture.server.channels[0].close()
            try await fixture.service.close()
            try await fixture.eventually { fixture.server.channels.allSatisfy { !$0.isActive } }
            // On a busy machine, the retry may have come before the close.
            let accepted = fixture.server.acceptedCount
            try await Task.sleep(for: .milliseconds(600))
            #expect(fixture.server.acceptedCount == accepted)
        }
    }
}
