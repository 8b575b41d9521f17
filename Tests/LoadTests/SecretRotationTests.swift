import Foundation
import Glibc
import TestSupport
import Testing

extension LoadLongTests {
    /// SIGHUP reads CLIENT_SECRET_FILE again, while calls are in progress.
    @Suite("Secret rotation by SIGHUP") struct SecretRotationTests {
        private static let secrets = ["the-first-secret-0001", "the-second-secret-0002", "the-third-secret-0003"]
        /// How long calls take at the upstream, microseconds: some are in progress at any time.
        private static let delay = 300_000

        /// - Parameter seconds: how long each secret is used.
        @Test("No call fails at a SIGHUP at 200 requests a second, and later calls have the new secret")
        func twoHundred() async throws {
            try await Self.prove(seconds: 2)
        }

        private static func prove(seconds: Double) async throws {
            let directory = try ScratchDirectory()
            let file = try directory.write("\(secrets[0])\n", to: "secret")
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(
                // Leaves out requests, which are logged at info, so that only SIGHUP's lines are seen.
                environment: ["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": file, "LOG_LEVEL": "notice"],
                upstream: upstream.authEndpoint
            )
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let stopSign = StopSign()
            defer { stopSign.raise() }
            let port = nginx.port
            async let load = BlockingThread.run {
                try ManyConnections.send(to: port, until: stopSign) { number in
                    let request = FaultedRequest(.delayed, route: number % 2, name: "n\(number)", after: delay)
                    return HTTPRequestBytes.post(request.path, json: request.json)
                }
            }

            func hangUp(after change: () throws -> Void) async throws -> (sent: ContinuousClock.Instant, said: String) {
                try await Task.sleep(for: .seconds(seconds))
                try change()
                let before = backend.logs()
                let sent = ContinuousClock.now
                backend.process.terminate(signal: SIGHUP)
                try await eventually("a line about SIGHUP") { backend.logs().dropFirst(before.count).contains("\n") }
                return (sent, String(backend.logs().dropFirst(before.count)))
            }
            // Replaces the file with another, as an operator or a secret manager does.
            let second = try await hangUp { try replace(file, with: secrets[1], in: directory) }
            let secondIsRead = ContinuousClock.now
            let emptied = try await hangUp { try replace(file, with: "", in: directory) }
            let removed = try await hangUp { unlink(file) }
            let third = try await hangUp { try replace(file, with: secrets[2], in: directory) }
            let thirdIsRead = ContinuousClock.now
            try await Task.sleep(for: .seconds(seconds))
            stopSign.raise()
            let (statuses, rate) = try await load

            let arrivals = upstream.arrivals
            let signed = try await SignatureCheck.secrets(of: arrivals.map(\.request), among: secrets)
            let counts = secrets.map { secret in signed.filter { $0 == secret }.count }
            printFigures(
                "new secrets by SIGHUP",
                "\(Int(rate)) requests a second, statuses \(statuses); signed with the first, second, third secret: \(counts)"
            )
            #expect(statuses.keys.sorted() == [200])
            #expect(arrivals.count == statuses[200], "each arrived, and once")
            // A call is signed a moment before it arrives: just after SIGHUP it may have either secret.
            let changes = [(second.sent, secondIsRead), (third.sent, thirdIsRead)]
            for (arrival, secret) in zip(arrivals, signed) {
                let known = changes.filter { $0.1 + .milliseconds(100) < arrival.time }.count
                let begun = changes.filter { $0.0 < arrival.time }.count
                #expect(secrets[known...begun].contains { $0 == secret })
            }
            #expect(second.said.contains(#""severity":"NOTICE""#) && third.said.contains(#""severity":"NOTICE""#))
            for bad in [emptied.said, removed.said] {
                #expect(bad.contains(#""severity":"ERROR""#) && bad.contains("CLIENT_SECRET_FILE"), "\(bad)")
            }
            #expect(secrets.allSatisfy { !backend.logs().contains($0) })
            await nginx.stop()
            await backend.stop()
        }

        @Test("SIGHUP does no harm when CLIENT_SECRET is in the environment")
        func secretFromEnvironment() async throws {
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(environment: ["LOG_LEVEL": "notice"], upstream: upstream.authEndpoint)
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let url = "\(nginx.url)/auth_exchange"
            let request = FaultedRequest(.delayed, route: 0, name: "hup", after: Self.delay)
            async let inFlight = Curl.post(url, json: request.json)
            try await eventually("its arrival") { upstream.arrivals.count == 1 }
            let before = backend.logs()
            for _ in 0..<3 { backend.process.terminate(signal: SIGHUP) }
            try await eventually("a line about SIGHUP") { backend.logs().count > before.count }
            #expect(try await inFlight.status == 200)
            #expect(try await Curl.post(url, json: #"{"code":"after"}"#).status == 200)
            let signed = try await SignatureCheck.secrets(
                of: upstream.arrivals.map(\.request),
                among: [Sandbox.clientSecret]
            )
            #expect(signed == [Sandbox.clientSecret, Sandbox.clientSecret])
            #expect(backend.process.isRunning)
            await nginx.stop()
            await backend.stop()
        }

        private static func replace(_ path: String, with text: String, in directory: ScratchDirectory) throws {
            _ = try Sockets.check("rename", Int(rename(try directory.write(text, to: "new"), path)))
        }
    }
}
