import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    struct Endurance {
        private static let requests = 250_000
        private static let warmUp = 50_000
        private static let atOnce = 50

        @Test("250,000 requests leak neither memory nor descriptors")
        func nothingIsLeftBehind() async throws {
            let sandbox = try await Sandbox.start(arguments: ["--quiet"])
            let codes = try await AuthCodes(Self.requests, from: sandbox)
            let backend = try await Backend.start(
                environment: ["REQUEST_TIMEOUT": "60", "LOG_LEVEL": "warning", "UPSTREAM_WARM_CONNECTIONS": "0"],
                upstream: sandbox
            )
            let path = backend.socketPath

            let started = ContinuousClock.now
            var statuses = try await BlockingThread.run { try Self.send(0..<Self.warmUp, codes, path) }
            let first = try await settledFigures(of: backend)
            let rest = try await BlockingThread.run { try Self.send(Self.warmUp..<Self.requests, codes, path) }
            statuses.merge(rest, uniquingKeysWith: +)
            let last = try await settledFigures(of: backend)
            printFigures(
                "endurance",
                "statuses \(statuses), memory \(first.residentKB) → \(last.residentKB) kB, "
                    + "descriptors \(first.descriptors) → \(last.descriptors), "
                    + "\(Int((ContinuousClock.now - started) / .seconds(1))) s"
            )
            #expect(statuses == [200: Self.requests])
            // One allocation that is lost with each request takes 32 bytes at least, so 6,400 kB. Below that it is noise:
            // which pages of the executable are mapped, how the free memory lies.
            #expect(abs(last.residentKB - first.residentKB) < 2_000)
            #expect(last.descriptors == first.descriptors)
            await backend.stop()
            await sandbox.stop()
        }

        private static func send(
            _ numbers: Range<Int>,
            _ codes: AuthCodes,
            _ path: String
        ) throws -> [Int: Int] {
            var clients = ManyConnections(to: .responder(path))
            for number in numbers {
                try clients.open(sending: codes.fastCGIRequest(number))
                if clients.count >= atOnce { try clients.read(until: .now + .seconds(60)) }
            }
            try clients.read(until: .now + .seconds(60))
            return clients.statuses
        }

        /// The figures once kept connections to the upstream are closed, too, which takes 15 s without a call.
        private func settledFigures(of backend: Backend) async throws -> ProcessFigures {
            try await Task.sleep(for: .seconds(17))
            return try ProcessFigures(of: backend.process)
        }
    }
}
