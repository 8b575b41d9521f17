import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Strict JSON", .sharingStack()) struct StrictJSONTests {
        @Test(
            "JSON that only lenient parsers accept is refused",
            arguments: [
                (#"{"code":"a",}"#, "expected a key in quotation marks at byte offset 12"),
                (#"{"code":"a","x":[1,]}"#, "expected a value at byte offset 19"),
                (#"{"code":"a" "x":1}"#, "expected ',' or the end of the object or array at byte offset 12"),
                (#"{"code" "a"}"#, "expected ':' at byte offset 8"),
                ("\u{FEFF}{\"code\":\"a\"}", "byte order mark at byte offset 0"),
                (#"{"code":"\ud800"}"#, "half of a surrogate pair"),
                (#"{"code":"\udc00\ud800"}"#, "half of a surrogate pair"),
                (#"{"code":"a","x":{"y":"\ud83dx"}}"#, "half of a surrogate pair"),
                ("{\"code\":\"a\u{01}\"}", "control character in a string at byte offset 10"),
                ("{\"code\":\"a\nb\"}", "control character in a string at byte offset 10"),
                ("{\"code\":\"a\tb\"}", "control character in a string at byte offset 10"),
                ("{\"code\":\"a\0\"}", "control character in a string at byte offset 10"),
                ("{\u{0B}\"code\":\"a\"}", "expected a key in quotation marks at byte offset 1"),
                ("{\u{A0}\"code\":\"a\"}", "expected a key in quotation marks at byte offset 1"),
                (#"{"code":"a","x":01}"#, "at byte offset 17"),
                (#"{"code":"a","x":-01}"#, "at byte offset 18"),
                (#"{"code":"a","x":+1}"#, "expected a value at byte offset 16"),
                (#"{"code":"a","x":.5}"#, "expected a value at byte offset 16"),
                (#"{"code":"a","x":1.}"#, "malformed number at byte offset 18"),
                (#"{"code":"a","x":1e}"#, "malformed number at byte offset 18"),
                (#"{"code":"a","x":0x10}"#, "at byte offset 17"),
                (#"{"code":"a","x":NaN}"#, "expected a value at byte offset 16"),
                (#"{"code":"a","x":-Infinity}"#, "malformed number at byte offset 17"),
                (#"{"code":"a","x":True}"#, "expected a value at byte offset 16"),
                (#"{"code":"a","x":undefined}"#, "expected a value at byte offset 16"),
                (#"{"code":"a"}//x"#, "content behind the end at byte offset 12"),
                (#"{/*x*/"code":"a"}"#, "expected a key in quotation marks at byte offset 1"),
                (#"{"code":"a"}{"code":"b"}"#, "content behind the end at byte offset 12"),
                (#"{'code':'a'}"#, "expected a key in quotation marks at byte offset 1"),
                (#"{code:"a"}"#, "expected a key in quotation marks at byte offset 1"),
                (#"{"code":"\x41"}"#, "malformed escape"),
                (#"{"code":"\u12"}"#, "malformed escape"),
                (#"{"code":"\u+123"}"#, "malformed escape"),
                (#"{"code":"a""#, "unexpected end at byte offset 11"),
                (#"{"code":"a"#, "unexpected end at byte offset 10"),
                ("{\"code\":\"a\"}\0", "content behind the end at byte offset 12"),
            ]
        )
        func refused(body: String, message: String) async throws {
            let answer = try await sharedStack().post("/auth_exchange", json: body)
            try expectError(answer, 400, "invalid_json")
            #expect(try answer.string("error", "message").contains(message), "\(answer.text)")
        }

        @Test("Thousands of nested brackets are refused and do no harm", arguments: ["[", #"{"a":"#])
        func nested(bracket: String) async throws {
            let stack = try sharedStack()
            // As many as nginx accepts.
            let many = String(repeating: bracket, count: 16_000 / bracket.utf8.count)
            for body in [many, #"{"code":"a","x":"# + many] {
                let answer = try await stack.post("/auth_exchange", json: body)
                try expectError(answer, 400, "invalid_json")
                #expect(try answer.string("error", "message").contains("nested too deep"))
            }
            try await expectAlive()
        }

        @Test("100,000 nested brackets are refused by nginx, and by a responder that accepts their size")
        func nestedDeep() async throws {
            let stack = try sharedStack()
            let body = String(repeating: "[", count: 100_000)
            try expectError(try await stack.post("/auth_exchange", json: body), 413, "payload_too_large")

            let environment = ["MAX_BODY_BYTES": "200000"]
            let backend = try await Backend.start(environment: environment, upstream: stack.sandbox)
            let nginx = try await Nginx.start(
                backendSocket: backend.socketPath,
                replacing: ["client_max_body_size     16k;": "client_max_body_size 200k;"]
            )
            for text in [body, body + String(repeating: "]", count: 100_000), #"{"code":"# + body] {
                let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: text)
                try expectError(answer, 400, "invalid_json")
            }
            #expect(backend.process.isRunning)
            await nginx.stop()
            await backend.stop()
            try await expectAlive()
        }

        @Test("JSON with 64 levels is accepted, and JSON with 65 levels is refused")
        func depth() async throws {
            for (arrays, reason) in [(63, "invalid_code"), (64, "invalid_json")] {
                let value = String(repeating: "[", count: arrays) + String(repeating: "]", count: arrays)
                let answer = try await sharedStack().post("/auth_exchange", json: #"{"code":"a","x":\#(value)}"#)
                #expect(try answer.string("error", "reason") == reason)
            }
        }

        private func expectAlive() async throws {
            let stack = try sharedStack()
            #expect(stack.backend.process.isRunning)
            #expect(try await Curl.request("GET", "\(stack.url)/health/live").status == 200)
        }
    }
}
