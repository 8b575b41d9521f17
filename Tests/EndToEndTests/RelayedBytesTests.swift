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
            stack.upstream.answer(with: FaultAnswer.answer(200, Data(body.utf8)))
            let answer = try await stack.post("/auth_info", #"{"access_token":"a"}"#).answer
            #expect(answer.status == 200)
            #expect(answer.body == Data(body.utf8))
            #expect(answer.headers["Content-Length"] == ["\(body.utf8.count)"])
            expectCommonHeaders(answer)
        }

        @Test("Tiki's status and body are passed on, but not its header fields")
        func headers() async throws {
            let stack = try shared(RecordingStack.self)
            let bytes = FaultAnswer.answer(
                429,
                Data("{}".utf8),
                [
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
    }
}
