import TestSupport
import Testing
import Text

@testable import TiniAppAuth

/// Once Tiki has answered, the code is spent, so every unambiguous answer is passed on.
@Suite("Relayed answers")
struct RelayedAnswerTests {
    typealias Reaction = ScriptedServer.Reaction

    @Test(
        "A byte order mark is dropped, and the encoding identity is none",
        arguments: [.json("\u{FEFF}{}"), .json(fields: "Content-Encoding: identity\r\n")] as [Reaction]
    )
    func plain(reaction: Reaction) async throws {
        try await ServiceFixture.run(script: { _ in reaction }) { fixture in
            #expect(await fixture.call().text == "{}")
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
