import Foundation
import Testing
import Text

@testable import TiniAppAuth

struct AuthErrorTests {
    @Test("The envelope of an error is in Tiki's shape, with the status as its code, byte for byte")
    func documentedEnvelope() {
        #expect(
            String(decoding: ErrorEnvelope.json(for: .payload(.missingKey("code")), requestID: "r1"), as: UTF8.self)
                == #"{"data":null,"error":{"code":400,"reason":"missing_key","message":"Missing key 'code'","#
                + #""metadata":{"request_id":"r1"}}}"#
        )
    }

    @Test(
        "Any text in the envelope is escaped and comes back unchanged",
        arguments: ["\"", "\\", "\"}}}", "\n\r\t\0\u{1B}\u{7F}", "é🧧\u{2028}", "</script>", "\\u0041"]
    )
    func escapes(text: String) throws {
        let json = ErrorEnvelope.json(for: .payload(.duplicateKey(text)), requestID: text)
        var scanner = JSONScanner(json)
        #expect(throws: Never.self) { try scanner.scan() }
        let object = try #require(JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        let fields = try #require(object["error"] as? [String: Any])
        #expect(fields["message"] as? String == "Duplicate key '\(text)'")
        #expect(fields["metadata"] as? [String: String] == ["request_id": text])
    }
}
