import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    /// Tiki accepts calls and does not answer: no client waits longer than documented, and nothing else suffers.
    @Suite("A hung upstream") struct HungUpstreamTests {
        private static let timeout = 2.0

        /// - Parameters:
        ///   - tolerance: how many seconds late an answer may be.
        ///   - healthLimit: how many milliseconds 99 % of the health checks may take.
        @Test("500 callers of a hung Tiki get 504 at their timeout, and health checks do not wait for it")
        func fiveHundred() async throws {
            // Half the timeout: more would be a wait for Tiki, less would measure the machine. The figures are printed.
            try await Self.prove(callers: 500, tolerance: 1, healthLimit: 1_000)
        }

        private static func prove(callers: Int, tolerance: Double, healthLimit: Double) async throws {
            // The test process holds both the clients' and the upstream's ends.
            try DescriptorLimit.raise(to: 8_192)
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(
                environment: ["REQUEST_TIMEOUT": "\(timeout)", "LOG_LEVEL": "error"],
                upstream: upstream.authEndpoint
            )
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let port = nginx.port
            let health = HealthProbe(port: port)
            upstream.hold()
            let hung = try await send("hung", callers, port)
            // Again, but now the upstream recovers before the callers' timeout.
            let (recovered, recovery) = try await BlockingThread.run {
                var clients = try open("late", callers, port)
                let limit = ContinuousClock.now + .seconds(timeout)
                while upstream.arrivals.count < 2 * callers, .now < limit { usleep(2_000) }
                let released = ContinuousClock.now
                upstream.release()
                try clients.read(until: .now + .seconds(5))
                return (clients.received, (ContinuousClock.now - released) / .seconds(1))
            }
            let after = try await send("after", callers, port)
            let (probes, longest, percentile99, failures) = try await health.stop()

            let late = hung.map { $0.duration / .seconds(1) - timeout }
            let afterwards = after.map { $0.duration / .seconds(1) }.max() ?? 0
            printFigures(
                "hung upstream",
                "\(hung.count) callers, statuses \(statuses(hung)), from \(text(late.min() ?? 0)) to \(text(late.max() ?? 0)) s "
                    + "after the deadline; after the recovery all \(recovered.count) that waited \(statuses(recovered)) in "
                    + "\(text(recovery)) s, \(after.count) new ones \(statuses(after)) in \(text(afterwards)) s; "
                    + "\(probes) × /health/live: longest \(text(longest)) ms, 99 % under \(text(percentile99)) ms"
            )
            #expect(statuses(hung) == [504: callers])
            #expect(late.allSatisfy { $0 > -0.1 && $0 < tolerance })
            #expect(statuses(recovered) == [200: callers])
            #expect(recovery < 0.5 + tolerance)
            #expect(statuses(after) == [200: callers])
            #expect(afterwards < 0.5 + tolerance)
            #expect(failures == [])
            #expect(percentile99 < healthLimit)
            #expect(longest < 1_000 * timeout)
            #expect(upstream.arrivals.count == 3 * callers, "each was sent, and once")
            await nginx.stop()
            await backend.stop()
        }

        private static func open(_ name: String, _ callers: Int, _ port: Int) throws -> ManyConnections {
            var clients = ManyConnections(to: .nginx(port), keepsAnswers: true)
            for number in 0..<callers {
                let request = FaultedRequest(.success, route: number % 2, name: "\(name)\(number)")
                try clients.open(sending: HTTPRequestBytes.post(request.path, json: request.json))
            }
            return clients
        }

        private static func send(_ name: String, _ callers: Int, _ port: Int) async throws -> [ManyConnections.Received]
        {
            try await BlockingThread.run {
                var clients = try open(name, callers, port)
                try clients.read(until: .now + .seconds(timeout + 10))
                return clients.received
            }
        }

        private static func statuses(_ received: [ManyConnections.Received]) -> [Int: Int] {
            Dictionary(grouping: received) { $0.http?.status ?? 0 }.mapValues(\.count)
        }

        private static func text(_ number: Double) -> String { String(format: "%.2f", number) }
    }
}
