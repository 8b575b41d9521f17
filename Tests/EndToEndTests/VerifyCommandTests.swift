import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The verify command") struct VerifyCommandTests {
        private static let body = #"{"id":123}"#
        private static let signature = "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c2"

        @Test("A documented signature is good, and its age is reported")
        func good() async throws {
            let outcome = try await verify()
            #expect(outcome.status == .code(0))
            #expect(outcome.output.wholeMatch(of: /The signature is good, and \d+ s old\.\n/) != nil)
            #expect(outcome.error.isEmpty)
        }

        @Test("A signature that the sign command makes now is good for the next minute")
        func fresh() async throws {
            let signed = try await run(["sign", Self.body])
            let values = signed.output.split(separator: "\n").compactMap {
                $0.split(separator: " ").last.map(String.init)
            }
            let outcome = try await verify(timestamp: values[1], signature: values[2], ["--max-age", "60"])
            #expect(outcome.status == .code(0), "\(outcome.error)")
        }

        @Test("A bad signature is explained in one sentence on standard error, with exit code 1")
        func refused() async throws {
            for (outcome, word) in [
                (try await verify(clientID: "another"), "for another app"),
                (try await verify(clientID: "--max-age"), "for another app"),
                (try await verify(body: #"{"id":122}"#), "not that of this body"),
                (try await verify(body: Self.body + "\n"), "ends with a newline"),
                (try await verify(body: ""), "not that of this body"),
                (try await verify(timestamp: "1620621619568"), "not that of this body"),
                (try await verify(timestamp: "-1"), "not Unix time"),
                (try await verify(signature: "9" + Self.signature.dropFirst()), "not that of this body"),
                (try await verify(signature: "-garbage"), "not 64 hexadecimal digits"),
                (try await verify(signature: ""), "not 64 hexadecimal digits"),
                (try await verify(["--max-age", "60"]), "more than 60 s"),
            ] {
                #expect(outcome.status == .code(1) && outcome.output.isEmpty)
                #expect(outcome.error.contains(word), "\(outcome.error)")
                #expect(outcome.error.hasPrefix("verify: ") && outcome.error.split(separator: "\n").count == 1)
            }
        }

        @Test("A signature from the future is refused")
        func future() async throws {
            let tomorrow = "\(Int64(Date().timeIntervalSince1970 + 86_400) * 1_000)"
            let signed = try await run(["sign", "--timestamp", tomorrow, Self.body])
            let signature = try #require(signed.output.firstMatch(of: /Signature: (\w+)/)).1
            let outcome = try await verify(timestamp: tomorrow, signature: String(signature))
            #expect(outcome.status == .code(1))
            #expect(outcome.error.contains("in the future"))
        }

        @Test("Missing options and an age below 0 are usage errors, missing settings a wrong configuration")
        func usage() async throws {
            #expect(try await run(["verify"]).status == .code(64))
            #expect(try await verify(["--max-age", "-1"]).status == .code(64))
            #expect(try await verify(["--max-age=-1"]).status == .code(64))
            #expect(try await verify(["--max-age", "soon"]).status == .code(64))
            #expect(try await verify([], settings: [:]).status == .code(78))
        }

        private static let settings = ["CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret]

        private func verify(
            clientID: String = Sandbox.clientKey,
            body: String = Self.body,
            timestamp: String = "1620621619569",
            signature: String = Self.signature,
            _ more: [String] = [],
            settings: [String: String] = Self.settings
        ) async throws -> Command.Outcome {
            let values = ["--client-id", clientID, "--timestamp", timestamp, "--signature", signature]
            return try await run(["verify"] + values + more, input: body, settings: settings)
        }

        private func run(
            _ arguments: [String],
            input: String = "",
            settings: [String: String] = Self.settings
        ) async throws -> Command.Outcome {
            let outcome = try await Command.run(
                try Backend.executable,
                arguments,
                environment: settings,
                input: Data(input.utf8)
            )
            #expect(!(outcome.output + outcome.error).contains(Sandbox.clientSecret))
            return outcome
        }
    }
}
