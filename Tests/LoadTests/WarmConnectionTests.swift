import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    /// Connections that are kept ready, and servers that do not accept or keep them.
    @Suite("Warm connections") struct WarmConnectionTests {
        @Test(
            "A server that closes or resets connections at once is not tried in a busy loop",
            arguments: [false, true]
        )
        func closedAtOnce(resets: Bool) async throws {
            let upstream = try FaultUpstream { _ in resets ? .reset : .close }
            let (connects, seconds, cpu) = try await watch(upstream.authEndpoint) { upstream.accepted }
            printFigures(
                "a server that \(resets ? "resets" : "closes") at once",
                "\(connects) connects in \(Int(seconds)) s, \(cpu) ms of CPU"
            )
            // Two at 0 s, then more at about 0.5, 1.5, 3.5 and 7.5 s.
            #expect((4...20).contains(connects))
            #expect(cpu < 1_000)
        }

        @Test("A server that ends every TLS handshake is not tried in a busy loop")
        func noHandshake() async throws {
            let half = try HalfHandshakePort(.close)
            let (connects, seconds, cpu) = try await watch("https://127.0.0.1:\(half.port)/auth/token") {
                half.accepted
            }
            printFigures("a server without TLS", "\(connects) connects in \(Int(seconds)) s, \(cpu) ms of CPU")
            #expect((4...20).contains(connects))
            #expect(cpu < 1_000)
        }

        @Test("A server that is down is not tried in a busy loop, and gets warm connections when it is up")
        func down() async throws {
            let reserved = try ReservedPort()
            let backend = try await Backend.start(upstream: "http://127.0.0.1:\(reserved.port)/auth/token")
            let before = try ProcessFigures(of: backend.process).cpuMilliseconds
            try await Task.sleep(for: .seconds(4))
            let cpu = try ProcessFigures(of: backend.process).cpuMilliseconds - before
            let lines = backend.logs().split(separator: "\n").filter { $0.contains("cannot connect to Tiki") }
            let upstream = try FaultUpstream(port: reserved.port)
            // The pause is now at most 4 s, plus jitter.
            try await eventually("connections", within: .seconds(12)) { upstream.accepted >= 2 }
            printFigures("a server that is down", "\(cpu) ms of CPU in 4 s, \(lines.count) line about it")
            #expect(cpu < 500)
            #expect(lines.count == 1)
            await backend.stop()
        }

        @Test("A warm connection that the server closes is replaced")
        func replaced() async throws {
            let upstream = try FaultUpstream { number in number < 2 ? .idleFor(500_000) : .open }
            let backend = try await Backend.start(upstream: upstream.authEndpoint)
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            try await eventually("two more", within: .seconds(10)) { upstream.accepted == 4 }
            try await Task.sleep(for: .milliseconds(300))
            let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"a"}"#)
            #expect(answer.status == 200)
            #expect(upstream.accepted == 4, "the call found one")
            await nginx.stop()
            await backend.stop()
        }

        /// Watches the backend try to keep two connections ready for ten seconds.
        private func watch(
            _ endpoint: String,
            _ count: () -> Int
        ) async throws -> (connects: Int, seconds: Double, cpuMilliseconds: Int) {
            let started = ContinuousClock.now
            let backend = try await Backend.start(environment: ["UPSTREAM_WARM_CONNECTIONS": "2"], upstream: endpoint)
            let before = try ProcessFigures(of: backend.process).cpuMilliseconds
            try await Task.sleep(for: .seconds(10))
            let cpu = try ProcessFigures(of: backend.process).cpuMilliseconds - before
            #expect(backend.process.isRunning)
            let connects = count()
            await backend.stop()
            return (connects, (ContinuousClock.now - started) / .seconds(1), cpu)
        }
    }
}
