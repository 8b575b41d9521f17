import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    struct ManyInFlight {
        private static let requests = 4_000

        @Test("4,000 requests wait for a slow upstream at once, on a few threads and in little memory")
        func manyInFlight() async throws {
            try DescriptorLimit.raise(to: 8_192)
            let sandbox = try await Sandbox.start(arguments: ["--delay", "6000", "--quiet"])
            let codes = try await AuthCodes(Self.requests, from: sandbox)
            let backend = try await Backend.start(
                environment: [
                    // The test checks that all are answered; how fast depends on what else the machine does.
                    "REQUEST_TIMEOUT": "60", "UPSTREAM_MAX_CONNECTIONS": "\(Self.requests)", "LOG_LEVEL": "warning",
                ],
                upstream: sandbox
            )
            let path = backend.socketPath
            let process = backend.process
            let (statuses, most, seconds) = try await BlockingThread.run {
                let started = ContinuousClock.now
                var clients = ManyConnections(to: .responder(path))
                for number in 0..<Self.requests { try clients.open(sending: codes.fastCGIRequest(number)) }
                var most = (threads: 0, descriptors: 0)
                while clients.count > 0, ContinuousClock.now - started < .seconds(90) {
                    try clients.read(until: .now + .milliseconds(100))
                    let figures = try ProcessFigures(of: process)
                    most = (max(most.threads, figures.threads), max(most.descriptors, figures.descriptors))
                }
                return (clients.statuses, most, (ContinuousClock.now - started) / .seconds(1))
            }
            let figures = try ProcessFigures(of: process)
            printFigures(
                "in flight",
                "statuses \(statuses), at most \(most.threads) threads and \(most.descriptors) descriptors, "
                    + "peak memory \(figures.peakResidentKB) kB, \(String(format: "%.1f", seconds)) s"
            )
            #expect(statuses == [200: Self.requests])
            #expect(most.descriptors >= 2 * Self.requests, "each had its connection to the upstream at the same time")
            #expect(most.threads <= 16)
            #expect(figures.peakResidentKB < 200_000)
            await backend.stop()
            await sandbox.stop()
        }
    }
}
