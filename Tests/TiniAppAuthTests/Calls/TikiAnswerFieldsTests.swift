import TestSupport
import Testing

@testable import TiniAppAuth

/// The header fields that are read from an answer.
struct TikiAnswerFieldsTests {
    typealias Reaction = ScriptedServer.Reaction

    @Test(
        "A JSON media type is passed on as received, and everything else becomes application/json",
        arguments: [
            ("application/json", true), ("application/json; charset=utf-8", true),
            ("Application/JSON;charset=UTF-8", true),
            ("application/problem+json", true), ("text/html", false), ("application/json; charset=latin1", false),
            ("application/problem+json\r\nContent-Type: application/json", false), ("application/jsön", false),
            ("application/json; a=\(String(repeating: "x", count: 108))", true),
            ("application/json; a=\(String(repeating: "x", count: 109))", false), ("", false),
        ]
    )
    func contentType(value: String, isKept: Bool) async throws {
        try await ServiceFixture.run(script: { _ in .json(fields: "Content-Type: \(value)\r\n") }) { fixture in
            let answer = try await fixture.call().get()
            #expect(answer.contentType == (isKept ? value : "application/json"))
        }
    }

    @Test(
        "Tiki's reason is taken only from the error, and only if it is a short plain word",
        arguments: [
            (#"{"data":null,"error":{"code":400,"reason":"invalid_code","message":"x"}}"#, "invalid_code"),
            (#" { "error" : { "reason" : "a" } } "#, "a"), (#"{"\u0065rror":{"reas\u006fn":"x_1"}}"#, "x_1"),
            (#"{"error":null}"#, nil), (#"{"error":{"reason":7}}"#, nil), (#"{"error":{"reason":""}}"#, nil),
            (#"{"error":{"reason":"Invalid"}}"#, nil), (#"{"error":{"reason":"a b"}}"#, nil),
            (#"{"error":{"reason":"a\n"}}"#, nil), (#"{"error":"reason"}"#, nil), (#"["error"]"#, nil),
            (#"{"data":{"error":{"reason":"x"}}}"#, nil), (#"{"reason":"x"}"#, nil),
            (#"{"error":{"metadata":{"reason":"x"}}}"#, nil), (#"{"error":{"reason":"a"},"error":null}"#, nil),
            (#"{"error":{"reason":"\#(String(repeating: "x", count: 64))"}}"#, String(repeating: "x", count: 64)),
            (#"{"error":{"reason":"\#(String(repeating: "x", count: 65))"}}"#, nil),
        ] as [(String, String?)]
    )
    func errorReason(body: String, reason: String?) async throws {
        try await ServiceFixture.run(script: { _ in .json(body, status: "400 Bad Request") }) { fixture in
            let answer = try await fixture.call().get()
            #expect(answer.errorReason == reason)
            #expect(answer.body == Array(body.utf8))
        }
    }
}
