import TestSupport
import Testing

@testable import TiniAppAuth

struct TikiAnswerTests {
    typealias Reaction = ScriptedServer.Reaction

    @Test(
        "Status and body are passed on as received",
        arguments: [
            ("200 OK", #"{ "data" : {"access_token":"x"} , "error":null }"#, 200),
            ("400 Bad Request", #"{"error":{"code":400}}"#, 400),
            ("500 Oops", "[]", 500), ("200 OK", "null", 200), ("429", "1e400", 429), ("200 OK", #""\ud800""#, 200),
            ("200 OK", " {}\n", 200),
            ("599 Odd", #"{"a":1,"a":2}"#, 599),
        ] as [(String, String, Int)]
    )
    func relayed(status: String, body: String, code: Int) async throws {
        try await ServiceFixture.run(script: { _ in .json(body, status: status) }) { fixture in
            let answer = try await fixture.call().get()
            #expect(answer == TikiAnswer(status: code, body: Array(body.utf8)))
        }
    }

    @Test(
        "An answer may come in chunks or pieces, after interim answers, or end with the connection",
        arguments: [
            .raw(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n4\r\n\"a\":\r\n2;x=y\r\n1}\r\n0\r\n\r\n"
            ),
            .raw(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7",
                "\r\n{\"a\"",
                ":1}\r\n0\r",
                "\nT: x\r\n\r\n"
            ),
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "{", "\"a\"", ":1", "}"),
            .raw("HTT", "P/1.1 2", "00 OK\r\nConte", "nt-Length: 7\r", "\n\r\n{\"a\":1}"),
            .raw("HTTP/1.1 100 Continue\r\n\r\n", Reaction.text(#"{"a":1}"#)),
            .raw(
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                    + Reaction.text(#"{"a":1}"#)
            ),
            .raw("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", closes: true),
            .raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"a\":", "1}", closes: true),
        ] as [Reaction]
    )
    func framing(reaction: Reaction) async throws {
        try await ServiceFixture.run(script: { _ in reaction }) { fixture in
            for _ in 0..<2 { #expect(await fixture.call().text == #"{"a":1}"#) }
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test(
        "An answer that is not whole JSON gives upstream_invalid_response",
        arguments: [
            .json("<html>"), .json(""), .json("{\"a\":1,}"), .json("{"), .json("{}{}"),
            .raw("HTTP/1.1 204 No Content\r\n\r\n"),
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", closes: true),
            .raw("HTTP/1.1 200 OK\r\n", closes: true), .raw("HTTP/1.1 200 OK\r\n\r\n{\"a\":", closes: true),
            .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", closes: true),
            .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
            .raw("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"), .raw("SSH-2.0-OpenSSH\r\n\r\n"),
            .raw("\u{16}\u{3}\u{1}"), .raw("HTTP/9.9 200\r\n\r\n{}", closes: true),
            .raw("HTTP/1.1 100 Continue\r\n\r\n", closes: true), .json(String(repeating: "[", count: 30_000)),
        ] as [Reaction]
    )
    func invalid(reaction: Reaction) async throws {
        try await ServiceFixture.run(
            script: { _ in reaction }
        ) { fixture in
            #expect(await fixture.call().error == .upstreamInvalidResponse)
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test("An answer of 64 KiB is accepted and one byte more refused, chunked or not", arguments: [false, true])
    func size(chunked: Bool) async throws {
        @Sendable func answer(_ size: Int) -> Reaction {
            let body = "\"" + String(repeating: "x", count: size - 2) + "\""
            let length = String(size, radix: 16)
            return chunked
                ? .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(length)\r\n\(body)\r\n0\r\n\r\n")
                : .json(body)
        }
        try await ServiceFixture.run(script: { $0.body.contains("small") ? answer(65_536) : answer(65_537) }) {
            fixture in
            #expect(await fixture.call(.exchange, "small").text?.utf8.count == 65_536)
            #expect(await fixture.call(.exchange, "large").error == .upstreamInvalidResponse)
            #expect(await fixture.call(.exchange, "small again").text != nil)
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test("An endless answer is cut off at the limit, not at the deadline")
    func endless() async throws {
        let chunk = "1000\r\n" + String(repeating: "x", count: 4_096) + "\r\n"
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await ServiceFixture.run(
            script: { _ in .raw(head + String(repeating: chunk, count: 100)) }
        ) { fixture in
            #expect(await fixture.call().error == .upstreamInvalidResponse)
        }
    }

    @Test("A Date header that is far off gives one warning")
    func clockSkew() async throws {
        try await ServiceFixture.run(
            script: { _ in .json(fields: "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n") }
        ) { fixture in
            for _ in 0..<3 { #expect(await fixture.call().text == "{}") }
            #expect(fixture.log.entries.map(\.level) == [.warning])
        }
    }
}
