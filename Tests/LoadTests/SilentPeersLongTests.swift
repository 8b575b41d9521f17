import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    struct SilentPeers {
        private static let rounds = 5
        private static let peers = 2_000
        private static let requests = 500

        @Test("2,000 silent connections do not slow requests down, are closed in time and cost little memory")
        func silentPeersDoNoHarm() async throws {
            try DescriptorLimit.raise(to: 4_096)
            let backend = try await Backend.start(
                environment: ["ARRIVAL_TIMEOUT": "4"],
                upstream: "http://127.0.0.1:9/auth/token"
            )
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let port = nginx.port
            let path = backend.socketPath
            _ = try await BlockingThread.run { try Self.medianLatency(port) }
            // Without nginx's own connection, which it keeps for half a second.
            try await Task.sleep(for: .seconds(1))
            let before = try ProcessFigures(of: backend.process)

            var ratios: [Double] = []
            var most = before
            for _ in 0..<Self.rounds {
                let process = backend.process
                let (ratio, figures, left) = try await BlockingThread.run {
                    let alone = try Self.medianLatency(port)
                    var silent = ManyConnections(to: .responder(path))
                    for _ in 0..<Self.peers { try silent.open() }
                    let amongSilent = try Self.medianLatency(port)
                    let figures = try ProcessFigures(of: process)
                    try silent.read(until: .now + .seconds(10))
                    return (amongSilent / alone, figures, silent.count)
                }
                #expect(left == 0, "every silent connection is closed when its time is up")
                #expect(figures.descriptors >= Self.peers, "all of them were held while requests were answered")
                ratios.append(ratio)
                if figures.residentKB > most.residentKB { most = figures }
            }
            let after = try ProcessFigures(of: backend.process)
            let growth = most.residentKB - before.residentKB
            printFigures(
                "silent peers",
                "median latency with \(Self.peers) of them / without: \(ratios.map { String(format: "%.2f", $0) }), "
                    + "memory +\(growth) kB, descriptors \(before.descriptors) → \(after.descriptors)"
            )
            #expect(ratios.median < 1.2)
            #expect(growth < 20_000)
            #expect(after.descriptors == before.descriptors)
            await nginx.stop()
            await backend.stop()
        }

        /// In seconds.
        private static func medianLatency(_ port: Int) throws -> Double {
            let client = try HTTPClient(port: port)
            return try (0..<requests).map { _ in
                let started = ContinuousClock.now
                let status = try client.get("/health/live").status
                guard status == 200 else { throw TestSupportError("status \(status)") }
                return (ContinuousClock.now - started) / .seconds(1)
            }.median
        }
    }
}

extension Array where Element: Comparable {
    /// The middle value; the array must not be empty.
    fileprivate var median: Element { sorted()[count / 2] }
}
