import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Body limits", .sharingStack()) struct BodyLimitTests {
        @Test("A body of 16,384 bytes passes")
        func largest() async throws {
            let stack = try sharedStack()
            let body = try padded(try await stack.sandbox.mintCode(), to: 16_384)
            let answer = try await Curl.post("\(stack.url)/auth_exchange", json: body)
            #expect(answer.status == 200)
            expectCommonHeaders(answer)
        }

        @Test("A chunked body has no length, and is refused by nginx before it is read")
        func chunked() async throws {
            let stack = try sharedStack()
            let chunked = ["Transfer-Encoding: chunked"]
            let answer = try await Curl.post("\(stack.url)/auth_exchange", json: "{}", headers: chunked)
            try expectError(answer, 411, "length_required", message: "A Content-Length is required")
        }

        @Test("A body of 16,385 bytes is refused by nginx")
        func tooLarge() async throws {
            let stack = try sharedStack()
            let body = try padded("a", to: 16_385)
            let answer = try await Curl.post("\(stack.url)/auth_exchange", json: body)
            try expectError(answer, 413, "payload_too_large", message: "Request body too large")
        }

        @Test("A responder with a smaller MAX_BODY_BYTES refuses larger bodies itself")
        func smallerLimit() async throws {
            let sandbox = try sharedStack().sandbox
            let backend = try await Backend.start(environment: ["MAX_BODY_BYTES": "100"], upstream: sandbox)
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let url = "\(nginx.url)/auth_exchange"
            let passed = try await Curl.post(url, json: try padded("a", to: 100))
            #expect(try passed.string("error", "reason") == "invalid_code")
            for size in [101, 16_384] {
                let answer = try await Curl.post(url, json: try padded("a", to: size))
                try expectError(answer, 413, "payload_too_large", message: "The body is larger than 100 bytes")
            }
            // Refused unread: neither its type nor its syntax matters.
            let noJSON = try await Curl.request("POST", url, body: Data(count: 101))
            try expectError(noJSON, 413, "payload_too_large")
            await nginx.stop()
            await backend.stop()
        }

        /// A body with a code and exactly this many bytes.
        private func padded(_ code: String, to size: Int) throws -> String {
            let empty = #"{"code":"\#(code)","pad":""}"#
            let padding = String(repeating: "p", count: size - empty.utf8.count)
            let body = #"{"code":"\#(code)","pad":"\#(padding)"}"#
            try #require(body.utf8.count == size)
            return body
        }
    }
}
