import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The exchange, refresh and info commands") struct DirectCallTests {
        @Test("Each command sends one call, prints Tiki's answer and exits with 0")
        func chain() async throws {
            let sandbox = try await Sandbox.start()
            let exchanged = try await run(["exchange", try await sandbox.mintCode()], sandbox)
            #expect(exchanged.status == .code(0) && exchanged.error.isEmpty)
            let tokens = try Answer(exchanged)
            let info = try await run(["info"], sandbox, input: tokens.accessToken + "\n")
            #expect(info.status == .code(0))
            #expect(info.output.contains(#""customer_id""#))
            let refreshed = try await run(["refresh"], sandbox, input: tokens.refreshToken)
            #expect(refreshed.status == .code(0))
            #expect(try Answer(refreshed).accessToken != tokens.accessToken)
            #expect(try await sandbox.calls().count == 3, "each was sent once")
            await sandbox.stop()
        }

        @Test("A used code gives Tiki's answer, a hint and exit code 1")
        func usedCode() async throws {
            let sandbox = try await Sandbox.start()
            let code = try await sandbox.mintCode()
            _ = try await run(["exchange", code], sandbox)
            let outcome = try await run(["exchange", code], sandbox)
            #expect(outcome.status == .code(1))
            #expect(outcome.output.contains(#""reason":"invalid_code""#))
            #expect(outcome.error.contains("Get another with my.getAuthCode"))
            #expect(!outcome.error.contains(code))
            await sandbox.stop()
        }

        @Test("A code that looks like an option is read as a code", arguments: ["-hD.x", "-Zq.h", "--upstream", "-"])
        func hyphen(code: String) async throws {
            let sandbox = try await Sandbox.start()
            let outcome = try await run(["exchange", code], sandbox)
            #expect(outcome.status == .code(1))
            #expect(outcome.output.contains(#""reason":"invalid_code""#))
            #expect(try await sandbox.calls().count == 1)
            await sandbox.stop()
        }

        @Test(
            "A code may follow --, and loses white space at its end",
            arguments: [["--", "-abc"], ["--", "abc"], ["-abc"], ["abc\r"], ["--", "--help"], ["\u{FEFF}-abc \r\n"]]
        )
        func behindDashes(words: [String]) async throws {
            let upstream = try RecordingUpstream()
            let outcome = try await run(["exchange"] + words, ["AUTH_ENDPOINT": upstream.authEndpoint])
            #expect(outcome.status == .code(0), "\(outcome.error)")
            let code = ["--help", "-abc", "abc"].first { (words.last ?? "").contains($0) } ?? ""
            #expect(upstream.requests.map { String(decoding: $0.body, as: UTF8.self) } == [#"{"code":"\#(code)"}"#])
        }

        @Test(
            "A token on standard input loses only a byte order mark and the white space at its end",
            arguments: [
                ("a.b", "a.b"), ("a.b\n", "a.b"), ("a.b\r\n", "a.b"), ("a.b \t\r\n\n", "a.b"), ("\u{FEFF}a.b\n", "a.b"),
                (" a.b", " a.b"), ("a b\r", "a b"),
            ]
        )
        func trimmed(input: String, token: String) async throws {
            let upstream = try RecordingUpstream()
            for (command, key) in [("refresh", "refresh_token"), ("info", "access_token")] {
                let outcome = try await run([command], ["AUTH_ENDPOINT": upstream.authEndpoint], input: input)
                #expect(outcome.status == .code(0), "\(outcome.error)")
                let body = upstream.requests.last.map { String(decoding: $0.body, as: UTF8.self) }
                #expect(body == #"{"\#(key)":"\#(token)"}"#)
            }
        }

        @Test("The exchange command prints help when asked, and takes exactly one code")
        func usage() async throws {
            let settings = ["AUTH_ENDPOINT": "http://127.0.0.1:9/auth/token"]
            for word in ["--help", "-h"] {
                let help = try await run(["exchange", word], settings)
                #expect(help.status == .code(0) && help.output.contains("Exchange an auth code"))
            }
            #expect(try await run(["exchange"], settings).status == .code(64))
            #expect(try await run(["exchange", "a.b", "c.d"], settings).status == .code(64))
            #expect(try await run(["exchange", "--", "a.b", "c.d"], settings).status == .code(64))
            #expect(try await run(["exchange", "--"], settings).status == .code(64))
        }

        @Test("An unknown token and a wrong secret each give a hint at what to check")
        func refused() async throws {
            let sandbox = try await Sandbox.start()
            let unknown = try await run(["info"], sandbox, input: "CANARY")
            #expect(unknown.status == .code(1) && unknown.error.contains("log in again"))
            let unsigned = try await run(["refresh"], sandbox, input: "CANARY", ["CLIENT_SECRET": "another"])
            #expect(unsigned.status == .code(1))
            #expect(unsigned.error.contains("do CLIENT_KEY and CLIENT_SECRET belong together"))
            // The sandbox has the paths of Tiki's production system.
            #expect(unsigned.error.contains("“Thông tin tích hợp Production”"))
            #expect(
                unsigned.error.contains("The pair for Sandbox works only with https://api.tiki.vn/tiniapp-sandbox-")
            )
            #expect(!(unknown.error + unsigned.error).contains("CANARY"))
            await sandbox.stop()
        }

        @Test("An unreachable Tiki gives the reason, nothing on standard output, and exit code 1")
        func unreachable() async throws {
            let closed = try ReservedPort()
            let outcome = try await run(
                ["exchange", "CANARY"],
                ["AUTH_ENDPOINT": "http://127.0.0.1:\(closed.port)/auth/token"]
            )
            #expect(outcome.status == .code(1) && outcome.output.isEmpty)
            #expect(outcome.error.contains("connection refused"))
            #expect(outcome.error.contains("exchange: upstream_unreachable: "))
            #expect(outcome.error.contains("Nothing was sent"))
            #expect(!outcome.error.contains("CANARY"))
        }

        @Test("A missing token, or one given as an argument, is a usage error", arguments: ["refresh", "info"])
        func noToken(command: String) async throws {
            let settings = ["AUTH_ENDPOINT": "http://127.0.0.1:9/auth/token"]
            for input in ["", "\n", " \r\n", "\u{FEFF}\r\n"] {
                #expect(try await run([command], settings, input: input).status == .code(64))
            }
            #expect(try await run([command, "CANARY"], settings).status == .code(64))
        }

        @Test("A wrong configuration gives exit code 78")
        func configuration() async throws {
            let outcome = try await run(["exchange", "CANARY"], ["AUTH_ENDPOINT": "nonsense"])
            #expect(outcome.status == .code(78) && outcome.error.contains("AUTH_ENDPOINT is not an http or https URL"))
        }

        @Test("The completion script of each usual shell names the commands", arguments: ["bash", "zsh", "fish"])
        func completions(shell: String) async throws {
            let outcome = try await Command.run(try Backend.executable, ["--generate-completion-script", shell])
            #expect(outcome.status == .code(0))
            for command in ["serve", "check", "sign", "verify", "exchange", "refresh", "info"] {
                #expect(outcome.output.contains(command))
            }
        }

        private struct Answer {
            let accessToken: String
            let refreshToken: String

            init(_ outcome: Command.Outcome) throws {
                let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
                let data = try #require(object?["data"] as? [String: Any])
                accessToken = try #require(data["access_token"] as? String)
                refreshToken = try #require(data["refresh_token"] as? String)
            }
        }

        private func run(
            _ arguments: [String],
            _ sandbox: Sandbox,
            input: String = "",
            _ more: [String: String] = [:]
        ) async throws -> Command.Outcome {
            try await run(arguments, ["AUTH_ENDPOINT": sandbox.authEndpoint].merging(more) { $1 }, input: input)
        }

        private func run(
            _ arguments: [String],
            _ settings: [String: String],
            input: String = ""
        ) async throws -> Command.Outcome {
            let credentials = ["CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret]
            let outcome = try await Command.run(
                try Backend.executable,
                arguments,
                environment: credentials.merging(settings) { $1 },
                input: Data(input.utf8)
            )
            #expect(!(outcome.output + outcome.error).contains(Sandbox.clientSecret))
            return outcome
        }
    }
}
