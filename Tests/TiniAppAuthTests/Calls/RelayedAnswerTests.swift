import TestSupport
import Testing
import Text

@testable import TiniAppAuth

/// Once Tiki has answered, the code is spent, so every unambiguous answer is passed on.
@Suite("Relayed answers")
struct RelayedAnswerTests {
    typealias Reaction = ScriptedServer.Reaction

    @Test(
        "An unambiguous answer is passed on",
        arguments: [
            .json(fields: "Content-Encoding: identity\r\n"), .json(fields: "Content-Length: 2\r\n"),
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n{}"), .json("\u{FEFF}{}"),
            .json(fields: "Content-Type: application/json; charset=utf8\r\n"),
            .json(fields: "Content-Type: application/json;charset=\"UTF-8\"\r\n"),
        ] as [Reaction]
    )
    func oneMeaning(reaction: Reaction) async throws {
        try await ServiceFixture.run(script: { _ in reaction }) { fixture in
            #expect(await fixture.call().text == "{}")
        }
    }

    @Test(
        "An ambiguous answer is refused",
        arguments: [
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
            .json(fields: "Content-Encoding: gzip\r\n"), .json(fields: "Content-Encoding: identity, gzip\r\n"),
        ] as [Reaction]
    )
    func twoMeanings(reaction: Reaction) async throws {
        try await ServiceFixture.run(script: { _ in reaction }) { fixture in
            #expect(await fixture.call().error == .upstreamInvalidResponse)
        }
    }

    @Test(
        "Tiki's 429 and 503 keep their status and Retry-After, whatever their body is",
        arguments: ["429 Too Many", "503 Unavailable"],
        ["<html>", "", "{", "\u{1}"]
    )
    func busy(status: String, body: String) async throws {
        for (value, expected) in [
            ("7", "7"), ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"), ("soon", "1"),
            ("7\r\nRetry-After: 8", "1"),
        ] {
            try await ServiceFixture.run(
                script: { _ in .json(body, status: status, fields: "Retry-After: \(value)\r\n") }
            ) { fixture in
                let error = try #require(await fixture.call().error)
                #expect(error.status == Int(status.prefix(3)))
                #expect(error.reason == (error.status == 429 ? "too_many_requests" : "upstream_unavailable"))
                #expect(error.retryAfter == expected)
            }
        }
    }

    @Test("A 503 in JSON is relayed with its Retry-After")
    func busyJSON() async throws {
        try await ServiceFixture.run(
            script: { _ in .json(#"{"error":{"reason":"busy"}}"#, status: "503 X", fields: "Retry-After: 3\r\n") }
        ) { fixture in
            let answer = try await fixture.call().get()
            #expect((answer.status, answer.retryAfter, answer.errorReason) == (503, "3", "busy"))
        }
    }

    @Test("An answer whose Age says that a cache kept it for ten minutes is not taken for clock skew")
    func age() async throws {
        let now: Int64 = 784_111_777 + 600
        for (age, warnings) in [("Age: 600\r\n", 0), ("", 1), ("Age: x\r\n", 1)] {
            try await ServiceFixture.run(
                configure: { $0.upstream.clock = { now * 1_000 } },
                script: { _ in .json(fields: "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\(age)") }
            ) { fixture in
                #expect(await fixture.call().text == "{}")
                #expect(fixture.log.entries.count == warnings, "\(age)")
            }
        }
    }
}
