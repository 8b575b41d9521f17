import Foundation
import Testing
import Text

@testable import TiniAppAuth

struct AuthErrorTests {
    static let all: [AuthError] = [
        .payload(.empty), .payload(.notJSON(JSONSyntaxError(problem: .expectedValue, offset: 7))),
        .payload(.notAnObject),
        .payload(.duplicateKey("code")),
        .payload(.duplicateKey(nil)), .payload(.missingKey("code")), .payload(.invalidValue("code")),
        .invalidContentLength, .lengthRequired, .missingParam("REQUEST_METHOD"), .unsupportedMediaType,
        .payloadTooLarge(limit: 16_384), .notFound, .methodNotAllowed(allowed: "GET, HEAD"), .upstreamUnreachable,
        .upstreamInvalidResponse, .upstreamTimeout, .overloaded, .shuttingDown, .missingAccessToken,
        .invalidAccessToken, .verificationUnavailable, .lateBody, .encodedBody,
        .upstreamTooManyRequests(retryAfter: nil),
        .upstreamUnavailable(retryAfter: "7"), .inProgress, .storeUnavailable,
    ]

    @Test("No reason is left out of these tests")
    func isComplete() {
        #expect(Set(Self.all.map(\.reason)) == Set(AuthError.Reason.allCases.map(\.rawValue)))
    }

    @Test("The envelope of every error is valid JSON in Tiki's shape, with the status as its code", arguments: all)
    func envelope(error: AuthError) throws {
        let json = ErrorEnvelope.json(for: error, requestID: "id-1")
        var scanner = JSONScanner(json)
        #expect(throws: Never.self) { try scanner.scan() }
        let object = try #require(JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        #expect(object.keys.sorted() == ["data", "error"])
        #expect(object["data"] is NSNull)
        let fields = try #require(object["error"] as? [String: Any])
        #expect(fields.keys.sorted() == ["code", "message", "metadata", "reason"])
        #expect(fields["code"] as? Int == error.status)
        #expect(fields["reason"] as? String == error.reason)
        #expect(fields["message"] as? String == error.message)
        #expect(fields["metadata"] as? [String: String] == ["request_id": "id-1"])
    }

    @Test("The envelope of a missing key is the documented one, byte for byte")
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

    @Test("JSON strings escape only the characters that need it")
    func jsonString() {
        var json: [UInt8] = []
        JSONString.append("a\"\\/\n\u{1F}\u{7F}é", to: &json)
        #expect(String(decoding: json, as: UTF8.self) == "\"a\\\"\\\\/\\u000a\\u001f\u{7F}é\"")
    }

    @Test(
        "No message quotes the body",
        arguments: ["SECRET", #"{"code":"SECRET"#, #"{"code":"SECRET","code":"SECRET"}"#, #"{"a":"SECRET"}"#]
    )
    func quotesNothing(body: String) throws {
        let problem = try #require(throws: JSONPayload.Problem.self) {
            try JSONPayload(Array(body.utf8), requiring: "code")
        }
        #expect(!AuthError.payload(problem).message.contains("SECRET"))
    }
}
