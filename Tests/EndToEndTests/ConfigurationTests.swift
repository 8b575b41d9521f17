import TestSupport
import Testing

extension EndToEnd {
    @Suite("Configuration") struct ConfigurationTests {
        private static let good = [
            "CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret,
            "AUTH_ENDPOINT": "https://api.tiki.vn/tiniapp-open-api/oauth/auth/token",
        ]

        @Test("An empty environment gives exit code 78 and names the three missing settings")
        func nothingSet() async throws {
            let outcome = try await Command.run("env", ["-i", try Backend.executable, "serve"])
            #expect(outcome.status == .code(78))
            for name in ["CLIENT_KEY", "CLIENT_SECRET", "AUTH_ENDPOINT"] {
                #expect(outcome.error.split(separator: "\n").contains { $0.hasPrefix("  \(name) is not set") })
            }
            #expect(outcome.output.isEmpty)
        }

        @Test(
            "A bad setting is reported with its name and its problem",
            arguments: [
                ("CLIENT_KEY", "", "is not set"), ("CLIENT_KEY", "<Client_Key of your app>", "is still a placeholder"),
                ("CLIENT_KEY", " key", "begins or ends with white space"),
                ("CLIENT_KEY", "k\u{E9}y", "holds characters that are not printable ASCII"),
                ("CLIENT_SECRET", "", "is not set"), ("CLIENT_SECRET", "<Secret>", "is still a placeholder"),
                ("CLIENT_SECRET_FILE", "/dev/null", "and CLIENT_SECRET_FILE are both set"),
                ("AUTH_ENDPOINT", "", "is not set"), ("AUTH_ENDPOINT", "<Endpoint>", "is still a placeholder"),
                ("AUTH_ENDPOINT", "api.tiki.vn/auth/token", "is not an http or https URL"),
                ("AUTH_ENDPOINT", "ftp://api.tiki.vn/auth/token", "is not an http or https URL"),
                ("AUTH_ENDPOINT", "https:///auth/token", "is not an http or https URL"),
                ("AUTH_ENDPOINT", "https://user:word@api.tiki.vn/auth/token", "is not an http or https URL"),
                ("AUTH_ENDPOINT", "https://api.tiki.vn:99999/auth/token", "is not an http or https URL"),
                ("AUTH_ENDPOINT", "http://api.tiki.vn/auth/token", "is plain http to another machine"),
                ("AUTH_ENDPOINT", "http://127.evil.example/auth/token", "is plain http to another machine"),
                ("REFRESH_ENDPOINT", "http://api.tiki.vn/x", "is plain http to another machine"),
                ("INFO_ENDPOINT", "nonsense", "is not an http or https URL"),
                ("UPSTREAM_CA_FILE", "/nonexistent", "names a file that does not exist"),
                ("UPSTREAM_CA_FILE", "/dev/null", "names a file that holds no certificates in PEM"),
                ("ALLOW_INSECURE_UPSTREAM", "yes", "is neither 0 nor 1"),
                ("REQUEST_TIMEOUT", "0", "is not a number of seconds"),
                ("REQUEST_TIMEOUT", "10s", "is not a number of seconds"),
                ("REQUEST_TIMEOUT", "nan", "is not a number of seconds"),
                ("MAX_BODY_BYTES", "16k", "is not a whole number"), ("MAX_BODY_BYTES", "-1", "is not a whole number"),
                ("MAX_RESPONSE_BYTES", "1", "is not a whole number"),
                ("UPSTREAM_MAX_CONNECTIONS", "0", "is not a whole number"),
                ("ARRIVAL_TIMEOUT", "never", "is not a number of seconds"),
                ("MAX_PENDING_CONNECTIONS", "0", "is not a whole number"),
                ("MAX_PARAMS_BYTES", "1", "is not a whole number"), ("MAX_IN_FLIGHT", "0", "is not a whole number"),
                ("SHUTDOWN_GRACE", "-1", "is not a number of seconds"),
                ("LOG_LEVEL", "loud", "is none of trace, debug"),
            ]
        )
        func badSetting(name: String, value: String, problem: String) async throws {
            // A problem with either form of the secret is reported under the first one's name.
            let told = name == "CLIENT_SECRET_FILE" ? "CLIENT_SECRET" : name
            for command in ["serve", "check"] {
                let outcome = try await run([command], Self.good.merging([name: value]) { $1 })
                #expect(outcome.status == .code(78))
                let lines = outcome.error.split(separator: "\n")
                #expect(lines.first == "The configuration has a problem:")
                #expect(lines.count == 2)
                #expect(lines.last?.hasPrefix("  \(told) \(problem)") == true, "\(outcome.error)")
                if value.utf8.count > 2 { #expect(!outcome.error.contains(value)) }
            }
        }

        @Test("All problems are reported at once")
        func allAtOnce() async throws {
            let environment = [
                "CLIENT_KEY": "<Client_Key>", "CLIENT_SECRET": "a", "CLIENT_SECRET_FILE": "/dev/null",
                "AUTH_ENDPOINT": "https://api.tiki.vn/token", "REQUEST_TIMEOUT": "x", "LOG_LEVEL": "x",
            ]
            let outcome = try await run([], environment)
            #expect(outcome.status == .code(78))
            let names = outcome.error.split(separator: "\n").dropFirst().map { $0.split(separator: " ")[0] }
            let expected: Set<Substring> = [
                "CLIENT_KEY", "CLIENT_SECRET", "REFRESH_ENDPOINT", "INFO_ENDPOINT", "REQUEST_TIMEOUT", "LOG_LEVEL",
            ]
            #expect(Set(names) == expected)
        }

        @Test("The secret may come from a file, and one newline at its end is ignored")
        func secretFile() async throws {
            let directory = try ScratchDirectory()
            var environment = Self.good
            environment["CLIENT_SECRET"] = nil
            for (content, code) in [("secret", 0), ("secret\n", 0), ("secret\n\n", 78), ("", 78), ("\n", 78)] {
                environment["CLIENT_SECRET_FILE"] = try directory.write(content, to: "secret")
                #expect(
                    try await run(["check"], environment).status == .code(Int32(code)),
                    "\(content.debugDescription)"
                )
            }
            environment["CLIENT_SECRET_FILE"] = directory.path("absent")
            let outcome = try await run(["check"], environment)
            #expect(outcome.status == .code(78))
            #expect(outcome.error.contains("CLIENT_SECRET_FILE names a file that cannot be read"))
        }

        @Test("An optional setting that is empty counts as not set, as Compose and Cloud Run pass it")
        func empty() async throws {
            let names = [
                "CLIENT_SECRET_FILE", "REFRESH_ENDPOINT", "INFO_ENDPOINT", "UPSTREAM_CA_FILE", "REQUEST_TIMEOUT",
                "ALLOW_INSECURE_UPSTREAM", "MAX_BODY_BYTES", "LOG_LEVEL", "GOOGLE_CLOUD_PROJECT", "ALLOWED_ORIGINS",
                "TIKI_VALIDATION_CODE", "TIKI_VALIDATION_TEXT", "TIKI_VALIDATION_FOLDER", "NOTIFY_SOCKET",
                "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC", "WATCHDOG_PID",
            ]
            var environment = Self.good.merging(names.map { ($0, "") }) { $1 }
            #expect(try await run(["check"], environment).status == .code(0))
            let directory = try ScratchDirectory()
            environment["LISTEN_SOCKET"] = directory.path("fcgi.sock")
            let process = try await ServerProcess.start(
                try Backend.executable,
                arguments: ["serve"],
                environment: environment,
                in: directory,
                name: "backend"
            )
            try await process.waitUntilReady { process.standardError.contains("listening") }
            await process.stop()
            environment["CLIENT_SECRET"] = ""
            environment["CLIENT_SECRET_FILE"] = try directory.write("secret", to: "secret")
            #expect(try await run(["check"], environment).status == .code(0))
        }

        @Test("Plain http to another machine is allowed if ALLOW_INSECURE_UPSTREAM is set")
        func insecure() async throws {
            let changes = ["AUTH_ENDPOINT": "http://tiki.example/auth/token", "ALLOW_INSECURE_UPSTREAM": "1"]
            #expect(try await run(["check"], Self.good.merging(changes) { $1 }).status == .code(0))
        }

        @Test("A socket that cannot be opened is named in the error, with exit code 1")
        func badSocket() async throws {
            let directory = try ScratchDirectory()
            let path = directory.path("absent/fcgi.sock")
            let outcome = try await run(["serve"], Self.good.merging(["LISTEN_SOCKET": path]) { $1 })
            #expect(outcome.status == .code(1))
            #expect(outcome.error.contains("the server could not run"))
            #expect(outcome.error.contains(path))
        }

        private func run(_ arguments: [String], _ environment: [String: String]) async throws -> Command.Outcome {
            try await Command.run(try Backend.executable, arguments, environment: environment)
        }
    }
}
