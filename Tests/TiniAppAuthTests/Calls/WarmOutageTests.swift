import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import TiniAppAuth

/// Warm connections that cannot be opened.
struct WarmOutageTests {
    @Test("An outage and its end are each logged once, and a call does not wait for the next attempt")
    func downAndUp() async throws {
        let reserved = try ReservedPort()
        let port = reserved.port
        try await ServiceFixture.run(
            configure: {
                $0.callPort(port)
                $0.upstream.warmConnections = 2
            },
            script: { _ in .json() }
        ) { fixture in
            // After the second attempt, the pause is at least 0.75 s long.
            let failed = "tiniapp_auth_upstream_connections"
            let connecting = try fixture.metrics.expectMeter(failed, [("state", "connecting")])
            try await fixture.eventually { connecting.values.count { $0 == 0 } >= 2 }
            let server = try await ScriptedServer(group: MultiThreadedEventLoopGroup.singleton, port: port) { _ in
                .json()
            }
            #expect(await fixture.call().text == "{}")
            try await fixture.eventually { server.acceptedCount >= 2 }
            try await server.stop()
            let lines = fixture.log.entries
            #expect(lines.map(\.message) == ["cannot connect to Tiki", "connected to Tiki again"])
            #expect(lines.first?.metadata["error"] == "connection refused")
            #expect(lines.first?.metadata["address"] == "127.0.0.1:\(port)")
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
            try await fixture.eventually { fixture.server.acceptedCount >= 1 }
            try await Task.sleep(for: .milliseconds(300))
            let started = ContinuousClock.now
            let outcome = await fixture.outcome(.exchange, #"{"code":"SECRET"}"#)
            #expect(outcome.failureCode == "connect_timeout")
            let elapsed = ContinuousClock.now - started
            #expect(elapsed >= .milliseconds(590) && elapsed < .seconds(5))
        }
    }
}
