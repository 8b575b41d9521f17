import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Tiki's failures", .sharingStack(["REQUEST_TIMEOUT": "1", "REPLAY_WINDOW": "0"])) struct UpstreamFailureTests
    {
        @Test(
            "An answer that is not one complete JSON text gives upstream_invalid_response",
            arguments: [
                #"{"garbage":true}"#, #"{"garbage_http":true}"#, #"{"cut":"before_head"}"#, #"{"cut":"in_body"}"#,
                #"{"oversize":65536}"#, #"{"oversize":10000000}"#, #"{"status":204}"#, #"{"status":304}"#,
                #"{"status":500,"body":"<html>Oops</html>","content_type":"text/html"}"#,
                #"{"status":200,"body":""}"#, #"{"status":200,"body":"{\"data\":null"}"#,
                #"{"status":200,"body":"{\"data\":null,}"}"#,
            ]
        )
        func invalidAnswer(fault: String) async throws {
            let stack = try sharedStack()
            try await stack.sandbox.setFaults("[\(fault)]")
            let answer = try await stack.post("/auth_exchange", json: #"{"code":"a"}"#)
            let message = "Tiki's answer could not be understood"
            try expectError(answer, 502, "upstream_invalid_response", message: message)
            try await expectRecovered()
        }

        @Test("No answer in time gives upstream_timeout", arguments: [#"{"no_answer":true}"#, #"{"delay_ms":1500}"#])
        func timeout(fault: String) async throws {
            let stack = try sharedStack()
            try await stack.sandbox.setFaults("[\(fault)]")
            let started = ContinuousClock.now
            let answer = try await stack.post("/auth_exchange", json: #"{"code":"a"}"#)
            let elapsed = ContinuousClock.now - started
            try expectError(answer, 504, "upstream_timeout", message: "Tiki did not answer in time")
            #expect(elapsed >= .seconds(1))
            #expect(elapsed < .seconds(5))
            try await expectRecovered()
        }

        @Test(
            "An answer in JSON is relayed byte for byte, whatever its status",
            arguments: [200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504]
        )
        func relayed(status: Int) async throws {
            let stack = try sharedStack()
            let json = " { \"error\" : {\"code\":1e400 , \"text\":\"\\u00e9 é  \"} ,\n\"a\":[ ] }  "
            let body = String(decoding: try JSONEncoder().encode(json), as: UTF8.self)
            try await stack.sandbox.setFaults(#"[{"status":\#(status),"body":\#(body)}]"#)
            let answer = try await stack.post("/auth_exchange", json: #"{"code":"a"}"#)
            #expect(answer.status == status)
            #expect(answer.text == json)
            expectCommonHeaders(answer)
        }

        @Test("JSON that Tiki sends as text/html reaches the app as application/json")
        func otherContentType() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.setFaults(#"[{"status":400,"body":"[1]","content_type":"text/html"}]"#)
            let answer = try await stack.post("/auth_exchange", json: #"{"code":"a"}"#)
            #expect(answer.status == 400)
            #expect(answer.text == "[1]")
            expectCommonHeaders(answer)
        }

        private func expectRecovered() async throws {
            let stack = try sharedStack()
            let answer = try await stack.post("/auth_exchange", json: #"{"code":"\#(try await code())"}"#)
            #expect(answer.status == 200)
            #expect(stack.backend.process.isRunning)
        }

        private func code() async throws -> String { try await sharedStack().sandbox.mintCode() }
    }
}
