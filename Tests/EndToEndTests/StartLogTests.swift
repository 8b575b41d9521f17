import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The start log") struct StartLogTests {
        @Test("The start log shows the effective settings, but not the value of the secret")
        func settings() async throws {
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(
                environment: ["MAX_BODY_BYTES": "4321"],
                upstream: upstream.authEndpoint
            )
            let lines = try JSONLog.lines(backend.logs())
            let named = lines.filter { line in line.values.contains { "\($0)".contains(upstream.authEndpoint) } }
            let text = "\(try #require(named.first))"
            for value in ["CLIENT_SECRET", "4321", "UPSTREAM_MAX_CONNECTIONS", "REQUEST_TIMEOUT", "CONNECT_TIMEOUT"] {
                #expect(text.contains(value), "\(value)")
            }
            #expect(!backend.logs().contains(Sandbox.clientSecret))
            await backend.stop()
        }

        @Test("The log on a terminal is readable for people")
        func terminal() async throws {
            let upstream = try FaultUpstream()
            let directory = try ScratchDirectory()
            // As with `make run` in a terminal: standard error is a terminal. Closing it would not end the process,
            // since HUP has another meaning.
            let process = try await ServerProcess.start(
                "script",
                arguments: [
                    "-qefc", "exec setpriv --pdeathsig TERM -- \(try Backend.executable) serve",
                    directory.path("typescript"),
                ],
                environment: [
                    "CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret,
                    "AUTH_ENDPOINT": upstream.authEndpoint, "LISTEN_SOCKET": directory.path("fcgi.sock"),
                    "SWIFT_BACKTRACE": "enable=no",
                ],
                in: directory,
                name: "script",
                deathSignal: .terminate
            )
            try await process.waitUntilReady { directory.text("typescript").contains("listening") }
            let nginx = try await Nginx.start(backendSocket: directory.path("fcgi.sock"))
            _ = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"secret-code"}"#)
            try await eventually("a line") { directory.text("typescript").contains("/auth_exchange") }
            let lines = directory.text("typescript").components(separatedBy: "\r\n")
            let line = try #require(lines.first { $0.contains("/auth_exchange") })
            #expect(line.firstMatch(of: /^\d\d:\d\d:\d\d\.\d{3} +INFO +POST \/auth_exchange 200/) != nil, "\(line)")
            #expect(!line.contains("{") && !directory.text("typescript").contains("secret-code"))
            #expect(!directory.text("typescript").contains(Sandbox.clientSecret))
            process.terminate()
            _ = try await process.waitForExit()
            await nginx.stop()
        }
    }
}
