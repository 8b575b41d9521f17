import Foundation
import TestSupport
import Testing

extension UpstreamProofs {
    /// However Tiki's server or the network fails, nothing is sent twice, and the app gets only documented errors.
    @Suite("Upstream faults") struct FaultTests {
        private static let settings: [String: String?] = [
            "REQUEST_TIMEOUT": "2", "CONNECT_TIMEOUT": "1", "LOG_LEVEL": "error",
        ]

        @Test("Upstream faults give documented answers and repeat no exchange or refresh", arguments: [false, true])
        func requests(overTLS: Bool) async throws {
            try await Self.prove(requests: 240, slow: 9, clients: 24, overTLS: overTLS)
        }

        @Test("Calls get 502 upstream_unreachable when no connection to Tiki can be made")
        func noConnection() async throws {
            try await Self.proveNoConnection(refused: 30, halfHandshakes: 12, stalls: 12, clients: 12)
        }

        static func prove(requests count: Int, slow: Int, clients: Int = 64, overTLS: Bool) async throws {
            let name = overTLS ? "https" : "http"
            try await prove(count, slow: slow, clients: clients, name, FaultExpectation.neverArrived) {
                try await .requests(overTLS: overTLS, settings)
            }
        }

        static func proveNoConnection(refused: Int, halfHandshakes: Int, stalls: Int, clients: Int = 64) async throws {
            let unreachable = FaultExpectation.noConnection
            try await prove(refused, clients: clients, "refused", unreachable) { try await .refused(settings) }
            try await prove(halfHandshakes, clients: clients, "half a handshake, then reset", unreachable) {
                try await .halfHandshake(.reset, settings)
            }
            try await prove(halfHandshakes, clients: clients, "half a handshake, then closed", unreachable) {
                try await .halfHandshake(.close, settings)
            }
            try await prove(stalls, clients: clients, "half a handshake, then silence", unreachable) {
                try await .halfHandshake(.stall, settings)
            }
            try await prove(stalls, clients: clients, "stalled connect", unreachable) { try await .stalled(settings) }
        }

        /// Sends this many requests over one path, and judges the results. Each slow one takes REQUEST_TIMEOUT.
        static func prove(
            _ count: Int,
            slow: Int = 0,
            clients: Int = 64,
            _ name: String,
            _ unseen: Set<String>,
            _ start: () async throws -> FaultyWay
        ) async throws {
            try DescriptorLimit.raise(to: 4_096)
            let way = try await start()
            let requests = FaultedRequest.mix(count, slow: slow, name: name.filter(\.isLetter))
            let started = ContinuousClock.now
            let answers = try await FaultedAnswer.collect(requests, from: way.nginx.port, clients: clients)
            let seconds = String(format: "%.1f", (ContinuousClock.now - started) / .seconds(1))
            let verdict = FaultVerdict(answers, arrivals: way.arrivals, unseen: unseen)
            printFigures(
                "faults, \(name)",
                "\(answers.count) calls, an exchange or refresh arrived \(verdict.mostArrivals) times at most, "
                    + "\(verdict.violations.count) undocumented, \(seconds) s"
            )
            if count > 300 { print(verdict.lines) }
            #expect(answers.count == count)
            #expect(
                verdict.violations.isEmpty,
                "\(verdict.violations.prefix(20).joined(separator: "\n"))\n\(verdict.lines)"
            )
            #expect(way.backend.process.isRunning)
            await way.stop()
        }
    }
}

extension LoadLongTests {
    struct Faults {
        @Test("10,000 calls to a faulty Tiki get documented answers, and no exchange or refresh is sent twice")
        func tenThousand() async throws {
            for overTLS in [false, true] {
                try await UpstreamProofs.FaultTests.prove(
                    requests: overTLS ? 3_000 : 5_800,
                    slow: 300,
                    overTLS: overTLS
                )
            }
            try await UpstreamProofs.FaultTests.proveNoConnection(refused: 600, halfHandshakes: 200, stalls: 100)
        }
    }
}
