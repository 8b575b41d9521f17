import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    struct DescriptorShortage {
        @Test(
            "A server with 64 descriptors answers or closes a burst of 500 clients, and logs the shortage once",
            arguments: [true, false]
        )
        func burstIsSurvived(isLimitedFromTheStart: Bool) async throws {
            try DescriptorLimit.raise(to: 4_096)
            let sandbox = try await Sandbox.start(arguments: ["--delay", "200", "--quiet"])
            let codes = try await AuthCodes(251, from: sandbox)
            // Silent connections end after this time, in batches of about forty, the number of descriptors.
            let backend = try await Backend.start(
                environment: ["ARRIVAL_TIMEOUT": "2"],
                upstream: sandbox.authEndpoint,
                descriptors: isLimitedFromTheStart ? 64 : nil
            )
            let path = backend.socketPath
            if !isLimitedFromTheStart {
                // Harder: at the start it planned for more requests in flight than there are descriptors now.
                _ = try await Command.run("prlimit", ["--pid", "\(backend.process.pid)", "--nofile=64:64"])
            }

            let (burst, after) = try await BlockingThread.run {
                var silent = ManyConnections(to: .responder(path))
                for _ in 0..<250 { try silent.open() }
                var clients = ManyConnections(to: .responder(path))
                for number in 0..<250 { try clients.open(sending: codes.fastCGIRequest(number)) }
                try clients.read(until: .now + .seconds(30))
                try silent.read(until: .now + .seconds(30))
                var late = ManyConnections(to: .responder(path))
                try late.open(sending: codes.fastCGIRequest(250))
                try late.read(until: .now + .seconds(10))
                return ((clients.statuses, clients.count, silent.count), late.statuses)
            }
            let log = backend.logs().split(separator: "\n")
            // A shortage that was planned for closes the oldest connection; an unplanned one makes accept fail.
            let message = isLimitedFromTheStart ? "too many wait to become complete" : "cannot accept connections"
            let lines = log.filter { $0.contains(message) }
            printFigures(
                "64 descriptors\(isLimitedFromTheStart ? " from the start" : ", later")",
                "statuses \(burst.0), then \(after), \(lines.count) line about it of \(log.count) in the log"
            )
            #expect(burst.1 == 0 && burst.2 == 0, "every client of the burst is answered or its connection closed")
            #expect(after == [200: 1])
            #expect(lines.count == 1)
            #expect(backend.process.isRunning)
            await backend.stop()
            await sandbox.stop()
        }
    }
}
