import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Invalid request bodies", .sharingStack()) struct PayloadErrorTests {
        static let routes = [
            ("/auth_exchange", "code"), ("/auth_refresh", "refresh_token"), ("/auth_info", "access_token"),
        ]

        @Test(
            "A body without content is refused as no_payload",
            arguments: ["", " \r\n\t ", "{}", " { } ", "[]", "[ ]", "null", "\"\"", "0", "false", "\nnull "]
        )
        func nothing(body: String) async throws {
            let answer = try await sharedStack().post("/auth_exchange", json: body)
            try expectError(answer, 400, "no_payload", message: "No payload received")
        }

        @Test("A missing body gives no_payload with any content type", arguments: [[], ["Content-Type: text/plain"]])
        func noBody(headers: [String]) async throws {
            let answer = try await Curl.request("POST", try sharedStack().url + "/auth_info", headers: headers)
            try expectError(answer, 400, "no_payload", message: "No payload received")
        }

        @Test(
            "JSON other than an object is refused as invalid_payload",
            arguments: ["[1]", "\"code\"", "1", "-0", "0.0", "true", #"[{"code":"a"}]"#]
        )
        func noObject(body: String) async throws {
            let answer = try await sharedStack().post("/auth_exchange", json: body)
            try expectError(answer, 400, "invalid_payload", message: "Invalid payload data format")
        }

        @Test("A body without its key is refused as missing_key", arguments: routes)
        func missingKey(path: String, key: String) async throws {
            for body in [#"{"other":"a"}"#, #"{"data":{"\#(key)":"a"}}"#, #"{"\#(key.uppercased())":"a"}"#] {
                let answer = try await sharedStack().post(path, json: body)
                try expectError(answer, 400, "missing_key", message: "Missing key '\(key)'")
            }
        }

        @Test("A body with its key twice is refused as duplicate_key", arguments: routes)
        func duplicateKey(path: String, key: String) async throws {
            // The second one writes its first letter as an escape.
            let first = String(format: "\\u%04x", key.utf8.first.map { Int($0) } ?? 0)
            for again in [key, first + key.dropFirst()] {
                let answer = try await sharedStack().post(path, json: #"{"\#(key)":"a","x":1,"\#(again)":"b"}"#)
                try expectError(answer, 400, "duplicate_key", message: "Duplicate key '\(key)'")
            }
        }

        @Test("Any duplicate top-level key is refused, and deeper ones are left to Tiki")
        func otherDuplicates() async throws {
            let stack = try sharedStack()
            let refused = try await stack.post("/auth_exchange", json: #"{"x":1,"code":"a","x":1}"#)
            try expectError(refused, 400, "duplicate_key", message: "Duplicate key 'x'")
            let passed = try await stack.post("/auth_exchange", json: #"{"code":"a","y":{"x":1,"x":1}}"#)
            #expect(try passed.string("error", "reason") == "invalid_code")
        }

        @Test(
            "A key without a non-empty string is refused as invalid_value",
            arguments: ["\"\"", "null", "1", "true", "[]", "{}", #"["a"]"#, #"{"code":"a"}"#]
        )
        func invalidValue(value: String) async throws {
            for (path, key) in Self.routes {
                let answer = try await sharedStack().post(path, json: #"{"\#(key)": \#(value) }"#)
                try expectError(answer, 400, "invalid_value", message: "Key '\(key)' must be a non-empty string")
            }
        }

        @Test("Malformed JSON is refused as invalid_json, with the position and without a quotation")
        func invalidJSON() async throws {
            let body = #"{"code":"secret-code",}"#
            let answer = try await sharedStack().post("/auth_exchange", json: body)
            let message = "Invalid JSON: expected a key in quotation marks at byte offset 22"
            try expectError(answer, 400, "invalid_json", message: message)
        }

        @Test(
            "A body that is not UTF-8 is refused as invalid_json",
            arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]]
        )
        func notUTF8(bytes: [UInt8]) async throws {
            let body = Data(#"{"code":"a"#.utf8) + bytes + Data(#""}"#.utf8)
            let answer = try await Curl.request(
                "POST",
                try sharedStack().url + "/auth_exchange",
                headers: ["Content-Type: application/json"],
                body: body
            )
            try expectError(answer, 400, "invalid_json")
            #expect(answer.text.contains("not UTF-8 at byte offset 10"))
        }

        @Test("No invalid body reaches Tiki")
        func nothingSent() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            for body in ["", "{}", "[1]", "{", #"{"code":""}"#, #"{"code":"a","code":"a"}"#] {
                #expect(try await stack.post("/auth_exchange", json: body).status == 400)
            }
            #expect(try await stack.sandbox.calls().count == 0)
        }
    }
}
