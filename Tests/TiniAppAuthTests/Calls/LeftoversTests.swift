import NIOCore
import NIOSSL
import TestSupport
import Testing
import Text

@testable import TiniAppAuth

/// Bytes that a call leaves on its connection must not reach the next call.
@Suite("Leftover bytes", .serialized)
struct LeftoversTests {
    typealias Reaction = ScriptedServer.Reaction

    static let stray = Reaction.text(#"{"data":"STRAY-ANSWER"}"#)

    /// Runs the body against a server without TLS, and against one with it.
    func run(
        script: @escaping ScriptedServer.Script,
        _ body: (ServiceFixture) async throws -> Void
    ) async throws {
        try await ServiceFixture.run(script: script, body)
        let authority = try TestAuthority()
        try await ServiceFixture.run(
            tls: authority.server("IP:127.0.0.1"),
            configure: { $0.upstream.caFile = authority.caFile },
            script: script,
            body
        )
    }

    @Test("Nine bytes of another answer in the same segment end the connection, and the rest is dropped")
    func sameSegment() async throws {
        try await run(script: { request in
            request.connection == 1
                ? .raw(Reaction.text(#"{"own":1}"#) + Self.stray.prefix(9), String(Self.stray.dropFirst(9)))
                : .json(#"{"own":2}"#)
        }) { fixture in
            #expect(await fixture.call().text == #"{"own":1}"#)
            #expect(await fixture.call(.exchange, "next").text == #"{"own":2}"#)
            #expect(fixture.server.requests.map(\.connection) == [1, 2])
        }
    }

    @Test("Any bytes that arrive on an idle connection end it", arguments: [1, 9, 20, 60])
    func whileIdle(count: Int) async throws {
        try await run(script: { .json(#"{"own":\#($0.connection)}"#) }) { fixture in
            #expect(await fixture.call().text == #"{"own":1}"#)
            let channel = try #require(fixture.server.channels.last)
            try await channel.writeAndFlush(ByteBuffer(string: String(Self.stray.prefix(count)))).get()
            try await fixture.eventually({ !channel.isActive }, "the connection was not ended")
            #expect(await fixture.call(.exchange, "next").text == #"{"own":2}"#)
        }
    }

    @Test(
        "The connection is closed after a refused answer",
        arguments: [
            Reaction.raw("HTTP/1.1 204 No Content\r\n\r\n"),
            .raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), .json("<html>"),
            .json("{}", status: "302 Found"), .json(fields: "Content-Encoding: gzip\r\n"),
            .raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}"),
            .json(String(repeating: " ", count: 70_000)),
        ]
    )
    func refused(reaction: Reaction) async throws {
        try await ServiceFixture.run(script: { $0.connection == 1 ? reaction : .json() }) { fixture in
            #expect(await fixture.call().error == .upstreamInvalidResponse)
            let first = try #require(fixture.server.channels.first)
            try await fixture.eventually({ !first.isActive }, "the connection was not closed")
            #expect(await fixture.call(.exchange, "next").text == "{}")
        }
    }

    @Test("A server that closes together with its answer makes hardly any call fail")
    func closesWithAnswer() async throws {
        try await run(script: { _ in Reaction.json().closingAtOnce() }) { fixture in
            var lost = 0
            for number in 0..<50 where await fixture.call(.exchange, "\(number)").text != "{}" { lost += 1 }
            // The server's answer and its close are two system calls: on a busy machine there is room between them.
            #expect(lost <= 1)
        }
    }

    @Test("A server that closes some milliseconds after each answer makes few calls fail before this is noticed")
    func closesSoonAfter() async throws {
        try await run(script: { _ in .raw(Reaction.text(), closes: true) }) { fixture in
            var lost = 0
            for number in 0..<300 where await fixture.call(.exchange, "\(number)").text != "{}" { lost += 1 }
            #expect(lost <= 3)
        }
    }
}
