import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Bytes that the app receives", .sharing { try await RecordingStack.start() }) struct RelayedBytesTests {
        @Test(
            "Tiki's answer reaches the app byte for byte, including odd spacing",
            arguments: [
                "{\n  \"data\" : { \"n\":1e400,\"m\" :12345678901234567890 } ,\t\"error\":null}\r\n",
                #"{"data":{"name":"\u00e9é\/😀","dup":1,"dup":2},"error":null}"#,
                #"{"data":{"name":"\ud800 alone"},"error":null}"#,
                "null", " [] ", "\"text\"", "{}",
            ]
        )
        func relayed(body: String) async throws {
            let stack = try shared(RecordingStack.self)
            stack.upstream.answer(with: RecordingUpstream.answer(body: Data(body.utf8)))
            let answer = try await stack.post("/auth_info", #"{"access_token":"a"}"#).answer
            #expect(answer.status == 200)
            #expect(answer.body == Data(body.utf8))
            #expect(answer.headers["Content-Length"] == ["\(body.utf8.count)"])
            expectCommonHeaders(answer)
        }

        @Test("Tiki's status and body are passed on, but not its header fields")
        func headers() async throws {
            let stack = try shared(RecordingStack.self)
            let bytes = RecordingUpstream.answer(
                status: "429 Slow Down",
                body: Data("{}".utf8),
                headers: [
                    "Set-Cookie: of-tiki", "X-Request-Id: of-tiki", "Cache-Control: max-age=9", "Server: of-tiki",
                    "X-Accel-Redirect: /health/live", "Status: 200", "Location: of-tiki",
                ]
            )
            stack.upstream.answer(with: bytes)
            let answer = try await stack.post("/auth_info", #"{"access_token":"a"}"#).answer
            #expect(answer.status == 429)
            #expect(answer.text == "{}")
            #expect(!answer.headers.fields.contains { $0.value.contains("of-tiki") })
            expectCommonHeaders(answer)
        }

        @Test("A chunked answer from Tiki reaches the app complete")
        func chunked() async throws {
            let stack = try shared(RecordingStack.self)
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            stack.upstream.answer(with: Data("\(head)3\r\n{\"a\r\n5;x=y\r\n\": 1}\r\n0\r\nTrailer: x\r\n\r\n".utf8))
            let answer = try await stack.post("/auth_info", #"{"access_token":"a"}"#).answer
            #expect(answer.status == 200)
            #expect(answer.text == #"{"a": 1}"#)
        }

        @Test("An answer of 65,536 bytes is passed on, and one of 65,537 bytes is not")
        func largest() async throws {
            let stack = try shared(RecordingStack.self)
            for (size, status) in [(65_536, 200), (65_537, 502)] {
                let body = Data("\"\(String(repeating: "x", count: size - 2))\"".utf8)
                stack.upstream.answer(with: RecordingUpstream.answer(body: body))
                let answer = try await stack.post("/auth_info", #"{"access_token":"a"}"#).answer
                #expect(answer.status == status)
                if status == 200 {
                    #expect(answer.body == body)
                } else {
                    try expectError(answer, 502, "upstream_invalid_response")
                }
            }
        }

        @Test(
            "An answer that only looks like JSON is not passed on",
            arguments: [
                "", " ", "{", "{}}", "{\"a\":1,}", "NaN", "{\"a\":01}", "{'a':1}", "// x\n{}",
                "\"\u{01}\"", "<html></html>", "{\"a\":\"\\x\"}",
            ]
        )
        func notJSON(body: String) async throws {
            let stack = try shared(RecordingStack.self)
            stack.upstream.answer(with: RecordingUpstream.answer(body: Data(body.utf8)))
            let answer = try await stack.post("/auth_info", #"{"access_token":"a"}"#).answer
            try expectError(answer, 502, "upstream_invalid_response")
        }
    }
}
