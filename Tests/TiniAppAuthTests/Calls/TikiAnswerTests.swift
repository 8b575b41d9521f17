import Foundation
import TestSupport
import Testing

@testable import TiniAppAuth

/// Once Tiki has answered, the code is spent, so every unambiguous answer is passed on.
struct TikiAnswerTests {
    typealias Reaction = ScriptedServer.Reaction

    /// The outcome of a call that gets this answer.
    func outcome(_ answer: Reaction) async throws -> AuthOutcome {
        var outcome: AuthOutcome?
        try await ServiceFixture.run(script: { _ in answer }) {
            outcome = await $0.outcome(.exchange, #"{"code":"SECRET"}"#)
        }
        return try #require(outcome)
    }

    @Test(
        "Status and body are passed on as received, but for a byte order mark, and the encoding identity is none",
        arguments: [
            (.json(#"{ "data" : {"access_token":"x"} , "error":null }"#), 200, nil), (.json("\u{FEFF}{}"), 200, "{}"),
            (.json(#"{"a":1,"a":2}"#, status: "599 Odd"), 599, nil), (.json("[]", status: "500 Oops"), 500, nil),
            (.json("{}", fields: "Content-Encoding: identity\r\n"), 200, nil),
        ] as [(Reaction, Int, String?)]
    )
    func relayed(reaction: Reaction, status: Int, body: String?) async throws {
        let body = body ?? reaction.pieces[0].components(separatedBy: "\r\n\r\n")[1]
        #expect(try await outcome(reaction).result.get() == TikiAnswer(status: status, body: Array(body.utf8)))
    }

    @Test(
        "Tiki's 429 and 503 keep their status and a good Retry-After, with which the token is free, whatever their body",
        arguments: ["429 Too Many", "503 Unavailable"],
        ["<html>", ""]
    )
    func busy(status: String, body: String) async throws {
        for (value, expected) in [
            ("7", "7"), ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"), ("soon", "1"),
            ("7\r\nRetry-After: 8", "1"),
        ] {
            let outcome = try await outcome(.json(body, status: status, fields: "Retry-After: \(value)\r\n"))
            let error = try #require(outcome.result.error)
            #expect(error.status == Int(status.prefix(3)))
            #expect(error.reason == (error.status == 429 ? "too_many_requests" : "upstream_unavailable"))
            #expect(error.retryAfter == expected)
            #expect(outcome.token == (error.status == 429 || expected == value ? .free : .inDoubt))
        }
    }

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
        let answer = try await outcome(.json(fields: "Content-Type: \(value)\r\n")).result.get()
        #expect(answer.contentType == (isKept ? value : "application/json"))
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
        let answer = try await outcome(.json(body, status: "400 Bad Request")).result.get()
        #expect(answer.errorReason == reason)
    }
}
