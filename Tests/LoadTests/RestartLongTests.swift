import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    struct Restart {
        private static let restarts = 10

        @Test("Ten restarts with an inherited listener lose no request at 200 requests a second")
        func restartsLoseNothing() async throws {
            try DescriptorLimit.raise(to: 8_192)
            let sandbox = try await Sandbox.start(arguments: ["--delay", "1000", "--quiet"])
            let codes = try await AuthCodes(10_000, from: sandbox)
            let directory = try ScratchDirectory()
            // As long as systemd's queue: it holds the connections that come between one process and the next.
            let listener = try UnixListener(path: directory.path("listener.sock"), backlog: 4_096)
            let nginx = try await Nginx.start(backendSocket: listener.path)
            var backend = try await start(listener, sandbox)

            let stopSign = StopSign()
            let port = nginx.port
            async let load = BlockingThread.run {
                try ManyConnections.send(to: port, until: stopSign) { codes.httpRequest($0) }
            }
            var exits: [TestSupport.ExitStatus] = []
            for _ in 0..<Self.restarts {
                try await Task.sleep(for: .seconds(1))
                backend.process.terminate(signal: SIGTERM)
                exits.append(try await backend.process.waitForExit())
                backend = try await start(listener, sandbox)
            }
            try await Task.sleep(for: .seconds(1))
            stopSign.raise()
            let (statuses, rate) = try await load
            printFigures("restarts", "\(Self.restarts) of them, statuses \(statuses), \(Int(rate)) requests a second")
            #expect(statuses.keys.sorted() == [200])
            #expect(exits == Array(repeating: .code(0), count: Self.restarts))
            await nginx.stop()
            await backend.stop()
            await sandbox.stop()
        }

        private func start(_ listener: UnixListener, _ sandbox: Sandbox) async throws -> Backend {
            try await Backend.start(
                environment: ["REQUEST_TIMEOUT": "14", "LOG_LEVEL": "notice"],
                upstream: sandbox,
                listener: .inherited(listener.descriptor)
            )
        }
    }
}
