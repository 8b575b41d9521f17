import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The check command") struct CheckCommandTests {
        @Test(
            "A good configuration is reported as ok, with the client key, and a note on which app's pair it must be",
            arguments: [("tiniapp-open-api", "Production"), ("tiniapp-sandbox-open-api", "Sandbox"), ("else", nil)]
        )
        func good(base: String, environment: String?) async throws {
            let outcome = try await check(endpoint: "https://api.tiki.vn/\(base)/oauth/auth/token")
            #expect(outcome.status == .code(0))
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.first == "configuration: ok, client key \(Sandbox.clientKey)")
            #expect(lines.last?.hasPrefix("verdict: good. ") == true && lines.count == (environment == nil ? 2 : 3))
            if let environment { #expect(lines[1].contains("“Thông tin tích hợp \(environment)”")) }
            #expect(outcome.error.isEmpty)
        }

        @Test("What is allowed and probably not meant gets a warning")
        func warnings() async throws {
            let typos = [
                "CLIENT_SECRT": "x", "REQUEST_TIMOUT": "3", "HOME": "/", "LOG_FILE_NAME": "x", "verify_window": "3",
            ]
            for (timeout, isWarned) in ["14.9": false, "15": true, "60": true] {
                let settings = typos.merging(["REQUEST_TIMEOUT": timeout]) { $1 }
                let outcome = try await check(endpoint: "https://h/auth/token", settings)
                #expect(outcome.status == .code(0))
                let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
                #expect(lines.contains("warning: CLIENT_SECRT is not a setting; is CLIENT_SECRET meant?"))
                #expect(lines.contains("warning: REQUEST_TIMOUT is not a setting; is REQUEST_TIMEOUT meant?"))
                #expect(lines.contains("warning: verify_window is not a setting; is VERIFY_WINDOW meant?"))
                #expect(lines.contains { $0.contains("nginx waits 15 s") } == isWarned)
                #expect(lines.count == (isWarned ? 4 : 3))
            }
        }

        @Test("nginx waits as long as the warning says")
        func nginxTimeout() throws {
            let routes = try String(contentsOfFile: "nginx/routes.conf", encoding: .utf8)
            #expect(routes.contains("fastcgi_read_timeout    15s;"))
        }

        @Test("The check over http connects to each endpoint and makes no call")
        func http() async throws {
            let sandbox = try await Sandbox.start()
            let outcome = try await check(["--upstream"], endpoint: sandbox.authEndpoint)
            #expect(outcome.status == .code(0))
            #expect(outcome.output.hasSuffix("\nverdict: good. The settings are complete, and Tiki can be reached.\n"))
            let lines = outcome.output.split(separator: "\n").dropFirst(2).dropLast()
            #expect(lines.map { $0.prefix { $0 != ":" } } == ["exchange", "refresh", "info"])
            for line in lines {
                for part in ["127.0.0.1 port", "connected in", "no TLS", "clock skew 0 s"] {
                    #expect(line.contains(part))
                }
            }
            #expect(try await sandbox.calls().count == 0)
            await sandbox.stop()
        }

        @Test("The check over https verifies the certificate and reports the result")
        func https() async throws {
            let certificate = try await Certificate.make(for: "DNS:localhost,IP:127.0.0.1")
            let arguments = ["--certificate", certificate.path, "--private-key", certificate.keyPath]
            let sandbox = try await Sandbox.start(arguments: arguments)
            let trusting = ["UPSTREAM_CA_FILE": certificate.path]
            for host in ["127.0.0.1", "localhost"] {
                let endpoint = sandbox.authEndpoint.replacingOccurrences(of: "127.0.0.1", with: host)
                let outcome = try await check(["--upstream"], endpoint: endpoint, trusting)
                #expect(outcome.status == .code(0), "\(outcome.output)")
                #expect(outcome.output.contains("\(host) port"))
                #expect(outcome.output.contains("certificate verified, valid until 20"))
            }
            let untrusted = try await check(["--upstream"], endpoint: sandbox.authEndpoint)
            #expect(untrusted.status == .code(1))
            #expect(untrusted.output.contains("not reachable"))
            #expect(untrusted.output.contains("\nverdict: bad. Tiki cannot be reached"))
            await sandbox.stop()
        }

        @Test("A clock that is 90 seconds ahead is reported, and the check fails")
        func skew() async throws {
            let sandbox = try await Sandbox.start(arguments: ["--clock-offset", "-90"])
            let outcome = try await check(["--upstream"], endpoint: sandbox.authEndpoint)
            #expect(outcome.output.contains("clock skew 90 s") || outcome.output.contains("clock skew 89 s"))
            #expect(outcome.output.contains("ahead of Tiki's: Tiki refuses every call"))
            #expect(outcome.status == .code(1))
            await sandbox.stop()
        }

        @Test("A clock that is 20 seconds behind is reported, and the check passes")
        func smallSkew() async throws {
            let sandbox = try await Sandbox.start(arguments: ["--clock-offset", "20"])
            let outcome = try await check(["--upstream"], endpoint: sandbox.authEndpoint)
            #expect(outcome.output.contains("verdict: good. This machine's clock is "))
            #expect(outcome.output.contains("behind Tiki's: from 60 s on"))
            #expect(outcome.status == .code(0))
            await sandbox.stop()
        }

        @Test("A server that does not answer HEAD passes the check, and the report says so")
        func noAnswer() async throws {
            let silent = try SilentPort()
            let outcome = try await check(
                ["--upstream"],
                endpoint: "http://127.0.0.1:\(silent.port)/auth/token",
                ["CONNECT_TIMEOUT": "0.3"]
            )
            #expect(outcome.status == .code(0))
            let part = "connected, but no answer to HEAD, no TLS, clock skew unknown\n"
            #expect(outcome.output.components(separatedBy: part).count == 4, "\(outcome.output)")
            #expect(outcome.output.contains("verdict: good"))
        }

        @Test("The wrong scheme for a port fails the check, and the report says what the port speaks")
        func wrongScheme() async throws {
            let plain = try await Sandbox.start()
            let https = plain.authEndpoint.replacingOccurrences(of: "http:", with: "https:")
            let outcome = try await check(["--upstream"], endpoint: https)
            #expect(outcome.status == .code(1))
            #expect(outcome.output.contains("not reachable: this port does not speak TLS\n"))
            await plain.stop()
        }

        @Test("An endpoint that cannot be reached gives exit code 1")
        func unreachable() async throws {
            let closed = try ReservedPort()
            let outcome = try await check(["--upstream"], endpoint: "http://127.0.0.1:\(closed.port)/auth/token")
            #expect(outcome.status == .code(1))
            #expect(outcome.output.split(separator: "\n").count { $0.contains("not reachable") } == 3)
        }

        private func check(
            _ arguments: [String] = [],
            endpoint: String,
            _ more: [String: String] = [:]
        ) async throws -> Command.Outcome {
            let environment = [
                "CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret, "AUTH_ENDPOINT": endpoint,
            ]
            let outcome = try await Command.run(
                try Backend.executable,
                ["check"] + arguments,
                environment: environment.merging(more) { $1 }
            )
            #expect(!(outcome.output + outcome.error).contains(Sandbox.clientSecret))
            return outcome
        }
    }
}
