import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Limits on calls to Tiki") struct BoundsTests {
        @Test("Calls that wait for the only connection end in time, and are not sent once their time is up")
        func oneConnection() async throws {
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(
                environment: ["UPSTREAM_MAX_CONNECTIONS": "1", "REQUEST_TIMEOUT": "2"],
                upstream: upstream.authEndpoint
            )
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            // There is time for two calls, and for the start of a third.
            let answers = try await withThrowingTaskGroup(of: (Int, Duration).self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let credential = UpstreamFault.delayed.credential("\(number)", after: 800_000)
                        let started = ContinuousClock.now
                        let json = #"{"code":"\#(credential)"}"#
                        let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: json)
                        return (answer.status, .now - started)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let statuses = answers.map(\.0).sorted()
            #expect(statuses.prefix(2) == [200, 200])
            // Calls that were sent but not answered get 504, those never sent 503. There is at least one of each.
            #expect(statuses.dropFirst(2).allSatisfy { $0 == 503 || $0 == 504 })
            #expect(statuses.contains(503) && statuses.contains(504))
            #expect(answers.allSatisfy { $0.1 < .seconds(4) })
            #expect(upstream.arrivals.count >= 3)
            // The first three are sent at 0, 0.8 and 1.6 s. Later ones are sent within the last moment, or not at all.
            let first = upstream.arrivals.map(\.time).min() ?? .now
            #expect(upstream.arrivals.allSatisfy { $0.time - first < .seconds(2.5) })
            await nginx.stop()
            await backend.stop()
        }

        @Test("A connection attempt that stalls is given up after CONNECT_TIMEOUT, not REQUEST_TIMEOUT")
        func connectTimeout() async throws {
            let stalled = try StalledPort()
            let half = try HalfHandshakePort(.stall)
            for endpoint in [
                "http://127.0.0.1:\(stalled.port)/auth/token", "https://127.0.0.1:\(half.port)/auth/token",
            ] {
                let backend = try await Backend.start(
                    environment: ["CONNECT_TIMEOUT": "0.5", "REQUEST_TIMEOUT": "8"],
                    upstream: endpoint
                )
                let nginx = try await Nginx.start(backendSocket: backend.socketPath)
                let started = ContinuousClock.now
                let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"a"}"#)
                let elapsed = ContinuousClock.now - started
                try expectError(answer, 502, "upstream_unreachable")
                #expect(elapsed < .seconds(6))
                #expect(backend.logs().contains("timed out after 0.5 s"))
                await nginx.stop()
                await backend.stop()
            }
        }
    }
}
