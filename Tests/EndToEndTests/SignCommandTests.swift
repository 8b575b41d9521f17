import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The sign command, help and version") struct SignCommandTests {
        private static let timestamp = "1620621619569"
        private static let signature = "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c2"

        @Test(
            "The sign command prints Tiki's documented signatures",
            arguments: [
                (#"{"id":123}"#, signature),
                (
                    "/order?location=H%C3%A0%20N%E1%BB%99i&order_id=88062110977884170",
                    "e1e0d63f7f8296dd31b2c082e611351a6c41a3bc0309a9299832f70b693722c8"
                ),
            ]
        )
        func vectors(body: String, signature: String) async throws {
            let outcome = try await sign(["--timestamp", Self.timestamp, body])
            #expect(outcome.status == .code(0))
            let payload = Data("\(Self.timestamp).\(Sandbox.clientKey).\(body)".utf8).base64EncodedString()
                .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")
            let expected = """
                X-Tiniapp-Client-Id: \(Sandbox.clientKey)
                X-Tiniapp-Timestamp: \(Self.timestamp)
                X-Tiniapp-Signature: \(signature)
                Encoded payload: \(payload)

                """
            #expect(outcome.output == expected)
            #expect(outcome.error.isEmpty)
        }

        @Test("The body may come from standard input, and one newline at its end is ignored", arguments: ["", "\n"])
        func standardInput(end: String) async throws {
            let outcome = try await sign(["--timestamp", Self.timestamp], input: #"{"id":123}"# + end)
            #expect(outcome.status == .code(0))
            #expect(outcome.output.contains(Self.signature))
        }

        @Test("The bytes of standard input are signed as they are")
        func bytes() async throws {
            let body = "\u{FEFF}{\"a\":\r\n \"é😀\u{7F}\" }\n \r"
            let fromInput = try await sign(["--timestamp", Self.timestamp], input: body)
            let fromArgument = try await sign(["--timestamp", Self.timestamp, body])
            #expect(fromInput.output == fromArgument.output)
        }

        @Test("A GET is signed by its path, and --get explains why another text is not a path")
        func get() async throws {
            let path = "/order?location=H%C3%A0%20N%E1%BB%99i&order_id=88062110977884170"
            let outcome = try await sign(["--get", path, "--timestamp", Self.timestamp])
            #expect(outcome.status == .code(0))
            let signature = "e1e0d63f7f8296dd31b2c082e611351a6c41a3bc0309a9299832f70b693722c8"
            #expect(outcome.output.contains("X-Tiniapp-Signature: \(signature)\n"))
            for (path, problem) in [
                ("https://api.tiki.vn/tiniapp-open-api/order", "begins with one slash"),
                ("order", "begins with one slash"),
                ("//order", "begins with one slash"), ("", "begins with one slash"),
                ("/tiniapp-open-api/order", "leave /tiniapp-open-api out"),
                ("/tiniapp-sandbox-open-api/order", "leave /tiniapp-sandbox-open-api out"),
                ("/order?location=Hà Nội", "percent-encoded"), ("/order#1", "without a fragment"),
            ] {
                let outcome = try await sign(["--get", path])
                #expect(outcome.status == .code(64) && outcome.output.isEmpty, "\(path)")
                #expect(outcome.error.contains(problem), "\(path): \(outcome.error)")
            }
            #expect(try await sign(["--get", "/order", "{}"]).status == .code(64))
        }

        @Test("A changed bit, key or timestamp changes the signature")
        func tampering() async throws {
            var outputs: Set<String> = []
            for (body, time, key) in [
                (#"{"id":123}"#, Self.timestamp, Sandbox.clientKey),
                (#"{"id":122}"#, Self.timestamp, Sandbox.clientKey),
                (#"{"id":123}"#, "1620621619568", Sandbox.clientKey), (#"{"id":123}"#, Self.timestamp, "another"),
            ] {
                let outcome = try await sign(["--timestamp", time, body], ["CLIENT_KEY": key])
                let line = try #require(outcome.output.split(separator: "\n").first { $0.contains("Signature: ") })
                outputs.insert(String(line))
            }
            #expect(outputs.count == 4)
        }

        @Test("The sign command uses the current time if none is given")
        func now() async throws {
            let outcome = try await sign(["{}"])
            let line = outcome.output.split(separator: "\n").first { $0.contains("Timestamp: ") }
            let milliseconds = try #require(line?.split(separator: " ").last.flatMap { Double($0) })
            #expect(abs(milliseconds / 1_000 - Date().timeIntervalSince1970) < 5)
        }

        @Test("A sign command without key and secret names both and exits with 78")
        func noCredentials() async throws {
            let outcome = try await Command.run(try Backend.executable, ["sign", "{}"])
            #expect(outcome.status == .code(78))
            #expect(outcome.error.contains("CLIENT_KEY is not set"))
            #expect(outcome.error.contains("CLIENT_SECRET is not set"))
            #expect(!outcome.error.contains("AUTH_ENDPOINT"))
        }

        @Test("The version has the form 1.2.3")
        func version() async throws {
            let outcome = try await Command.run(try Backend.executable, ["--version"])
            #expect(outcome.status == .code(0))
            #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
        }

        @Test("The help has the usage and the commands, and the settings are behind a command of their own")
        func help() async throws {
            let help = try await Command.run(try Backend.executable, ["--help"])
            #expect(help.status == .code(0))
            for word in ["USAGE", "serve", "sign", "verify", "check", "help settings"] {
                #expect(help.output.contains(word))
            }
            #expect(help.output.split(separator: "\n").count < 40)
            for arguments in [["help", "settings"], ["settings"]] {
                let settings = try await Command.run(try Backend.executable, arguments)
                #expect(settings.status == .code(0))
                for word in ["CLIENT_KEY", "CLIENT_SECRET_FILE", "AUTH_ENDPOINT", "LOG_LEVEL"] {
                    #expect(settings.output.contains(word))
                }
            }
        }

        @Test("A mistyped command lists the commands", arguments: ["chek", "Check", "exchnage"])
        func unknownCommand(word: String) async throws {
            let outcome = try await Command.run(try Backend.executable, [word])
            #expect(outcome.status == .code(64))
            #expect(outcome.error.hasPrefix("There is no command '\(word)'."))
            #expect(outcome.error.contains("  check "))
        }

        @Test("A code in a command's place is not shown again")
        func forgottenCommand() async throws {
            let code = "eyJhbGciOi.S3CR3T-code_of-somebody"
            let outcome = try await Command.run(try Backend.executable, [code])
            #expect(outcome.status == .code(64))
            #expect(outcome.error.hasPrefix("There is no such command.") && outcome.error.contains("  exchange "))
            #expect(!(outcome.output + outcome.error).contains("S3CR3T"))
        }

        @Test("An unknown option is a usage error")
        func unknownOption() async throws {
            #expect(try await Command.run(try Backend.executable, ["--nonsense"]).status == .code(64))
        }

        private func sign(
            _ arguments: [String],
            _ more: [String: String] = [:],
            input: String? = nil
        ) async throws -> Command.Outcome {
            let environment = ["CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret]
            let outcome = try await Command.run(
                try Backend.executable,
                ["sign"] + arguments,
                environment: environment.merging(more) { $1 },
                input: input.map { Data($0.utf8) }
            )
            #expect(!(outcome.output + outcome.error).contains(Sandbox.clientSecret))
            return outcome
        }
    }
}
