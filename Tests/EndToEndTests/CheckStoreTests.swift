import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The check of the shared store") struct CheckStoreTests {
        @Test("The check over TLS reports that claims work, and passes")
        func good() async throws {
            let authority = try TestAuthority()
            let password = try authority.write(Data("s3cret\n".utf8), to: "password")
            let server = try await RedisServer.start(password: "s3cret", authority: authority)
            let outcome = try await check([
                "SHARED_STORE": "rediss://localhost:\(server.tlsPort)/3", "SHARED_STORE_CA_FILE": authority.caFile,
                "SHARED_STORE_PASSWORD_FILE": password,
            ])
            #expect(outcome.status == .code(0))
            let line = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("store: ") })
            for part in ["localhost port \(server.tlsPort), ", "certificate verified, ", " ms, claims work"] {
                #expect(line.contains(part))
            }
            #expect(outcome.output.hasSuffix("\nverdict: good. The settings are complete, and Tiki can be reached.\n"))
            #expect(!(outcome.output + outcome.error).contains("s3cret"))
            await server.stop()
        }

        @Test("An unusable store fails the check only if it is required")
        func bad() async throws {
            let port = try ReservedPort()
            let store = ["SHARED_STORE": "redis://127.0.0.1:\(port.port)"]
            let optional = try await check(store)
            #expect(optional.status == .code(0))
            #expect(optional.output.contains("store: 127.0.0.1 port \(port.port), not usable: connection refused\n"))
            #expect(optional.output.contains("verdict: good. Tiki can be reached, but not the shared store"))
            let required = try await check(store.merging(["SHARED_STORE_REQUIRED": "1"]) { $1 })
            #expect(required.status == .code(1))
            #expect(required.output.contains("verdict: bad. The shared store cannot be used"))
        }

        private func check(_ settings: [String: String]) async throws -> Command.Outcome {
            let sandbox = try await Sandbox.start()
            let environment = [
                "CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret,
                "AUTH_ENDPOINT": sandbox.authEndpoint,
            ]
            let outcome = try await Command.run(
                try Backend.executable,
                ["check", "--upstream"],
                environment: environment.merging(settings) { $1 }
            )
            await sandbox.stop()
            return outcome
        }
    }
}
