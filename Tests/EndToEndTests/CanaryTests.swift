import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Sends unique codes, tokens and secrets through every path of the backend, then searches for them.
    @Suite("Canary secrets") struct CanaryTests {
        @Test("Canary secrets appear in no log, metric, file or error, and the search finds planted ones")
        func leavesNoTrace() async throws {
            let canary = Canary()
            let elsewhere = try ScratchDirectory()
            let secretFile = try elsewhere.write("s\(canary.text)\n", to: "secret")
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(
                environment: [
                    "CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": secretFile, "LOG_LEVEL": "trace",
                    "REQUEST_TIMEOUT": "1",
                ],
                upstream: upstream.authEndpoint
            )
            let nginx = try await Nginx.start(
                backendSocket: backend.socketPath,
                replacing: ["error.log warn;": "error.log info;"]
            )
            let traffic = CanaryTraffic(to: nginx, with: canary)
            try await traffic.everyFault()
            try await traffic.everyMistake()
            for (number, secret) in ["t\(canary.text)", "bad\n\(canary.text)", ""].enumerated() {
                try elsewhere.write(secret, to: "secret")
                backend.process.terminate(signal: SIGHUP)
                try await Task.sleep(for: .milliseconds(100))
                try await traffic.exchange(.success, name: "hup\(number)")
            }
            var places = search(backend, nginx)
            places["/metrics"] = Data(try await Metrics.read(from: nginx).text.utf8)
            // Requests while the backend stops, and after that.
            async let last: Void = traffic.exchange(.noAnswer, name: "last")
            try await eventually("its arrival") {
                upstream.arrivals.contains { $0.request.credential.contains("last") }
            }
            backend.process.terminate()
            try await last
            _ = try await backend.process.waitForExit()
            try await traffic.exchange(.success)
            places.merge(search(backend, nginx)) { _, later in later }
            places["answers"] = Data(traffic.ownAnswers.utf8)

            #expect(upstream.arrivals.count > 3 * UpstreamFault.allCases.count)
            #expect(upstream.arrivals.allSatisfy { !canary.traces(in: $0.request.body).isEmpty })
            for name in ["/access.log", "/error.log", "/backend.err"] {
                #expect(places.contains { $0.key.hasSuffix(name) && !$0.value.isEmpty }, "\(name) is searched")
            }
            for (place, bytes) in places { #expect(canary.traces(in: bytes) == [], "\(place)") }
            print("proof: canary: \(upstream.arrivals.count) calls to Tiki, \(places.count) places, no trace")

            try expectFound(canary, places, backend, nginx)
            await nginx.stop()
            await backend.stop()
        }

        /// Checks the search itself: it must find every form, in every place and in unexpected files.
        private func expectFound(
            _ canary: Canary,
            _ places: [String: Data],
            _ backend: Backend,
            _ nginx: Nginx
        ) throws {
            for disguise in canary.disguises {
                for (place, bytes) in places { #expect(!canary.traces(in: bytes + disguise).isEmpty, "\(place)") }
            }
            for folder in ["\(nginx.prefix)/client_body_temp", nginx.prefix, backend.folder] {
                for (number, disguise) in canary.disguises.enumerated() {
                    try disguise.write(to: URL(fileURLWithPath: "\(folder)/planted-\(number)"))
                }
            }
            let found = search(backend, nginx).filter { !canary.traces(in: $0.value).isEmpty }
            #expect(found.count == 3 * canary.disguises.count)
        }

        /// All files that the responder and nginx have written.
        private func search(_ backend: Backend, _ nginx: Nginx) -> [String: Data] {
            FileTree.contents(of: backend.folder).merging(FileTree.contents(of: nginx.prefix)) { _, other in other }
        }
    }
}
