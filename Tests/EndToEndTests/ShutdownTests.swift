import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Shutdown") struct ShutdownTests {
        @Test("TERM, INT and QUIT let a request in flight finish", arguments: [SIGTERM, SIGINT, SIGQUIT])
        func drains(signal: CInt) async throws {
            let stack = try await Stack.start()
            let body = #"{"code":"\#(try await stack.sandbox.mintCode())"}"#
            let answer = try await whileInFlight(stack, fault: #"{"delay_ms":1500}"#, body) {
                stack.backend.process.terminate(signal: signal)
                try await eventually("the shutdown's log line") { stack.backend.logs().contains("shutting down") }
                // New requests are not served; those in flight are.
                let newcomer = try await Curl.request("GET", "\(stack.url)/health/ready")
                #expect([502, 503].contains(newcomer.status))
                #expect(stack.backend.process.isRunning)
            }
            #expect(answer.status == 200)
            #expect(try answer.string("data", "access_token").isEmpty == false)
            #expect(try await stack.backend.process.waitForExit(timeout: .seconds(5)) == .code(0))
            #expect(!FileManager.default.fileExists(atPath: stack.backend.socketPath))
            #expect(stack.backend.logs().contains("stopped"))
            await stack.stop()
        }

        @Test("A backend with nothing in flight stops at once")
        func idle() async throws {
            let stack = try await Stack.start()
            // A kept connection to Tiki does not delay it.
            _ = try await stack.post("/auth_info", json: #"{"access_token":"a"}"#)
            stack.backend.process.terminate()
            #expect(try await stack.backend.process.waitForExit(timeout: .seconds(5)) == .code(0))
            #expect(!FileManager.default.fileExists(atPath: stack.backend.socketPath))
            await stack.stop()
        }

        @Test("A second signal stops the backend at once")
        func secondSignal() async throws {
            let stack = try await Stack.start()
            let answer = try await whileInFlight(stack, fault: #"{"no_answer":true}"#, #"{"code":"a"}"#) {
                stack.backend.process.terminate()
                try await eventually("the shutdown's log line") { stack.backend.logs().contains("shutting down") }
                stack.backend.process.terminate()
                let status = try await stack.backend.process.waitForExit(timeout: .seconds(5))
                #expect(status == .code(128 + SIGTERM))
            }
            try expectError(answer, 502, "backend_unavailable")
            await stack.stop()
        }

        @Test("A request not finished within the grace period gets 503, and the exit code is still 0")
        func graceOver() async throws {
            let stack = try await Stack.start(environment: ["SHUTDOWN_GRACE": "0.5"])
            let answer = try await whileInFlight(stack, fault: #"{"no_answer":true}"#, #"{"code":"a"}"#) {
                stack.backend.process.terminate()
            }
            try expectError(answer, 503, "shutting_down")
            #expect(answer.headers["Retry-After"] == ["1"])
            #expect(try await stack.backend.process.waitForExit(timeout: .seconds(5)) == .code(0))
            await stack.stop()
        }

        @Test("The backend starts again at the same path, even if a kill left the socket file")
        func startsAgain() async throws {
            let directory = try ScratchDirectory()
            let environment = ["LISTEN_SOCKET": directory.path("fcgi.sock")]
            let sandbox = try await Sandbox.start()
            let nginx = try await Nginx.start(backendSocket: directory.path("fcgi.sock"))
            for signal in [SIGKILL, SIGTERM, SIGKILL] {
                let backend = try await Backend.start(environment: environment, upstream: sandbox)
                #expect(try await Curl.request("GET", "\(nginx.url)/health/live").status == 200)
                backend.process.terminate(signal: signal)
                _ = try await backend.process.waitForExit()
            }
            await nginx.stop()
            await sandbox.stop()
        }

        /// Sends an exchange, and does something once it has arrived at the sandbox.
        private func whileInFlight(
            _ stack: Stack,
            fault: String,
            _ body: String,
            _ action: () async throws -> Void
        ) async throws -> HTTPAnswer {
            try await stack.sandbox.setFaults("[\(fault)]")
            async let answer = stack.post("/auth_exchange", json: body)
            try await eventually("the call's arrival") { try await stack.sandbox.calls().count == 1 }
            try await action()
            return try await answer
        }
    }
}
