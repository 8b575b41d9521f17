import NIOCore
import NIOSSL
import TestSupport
import Testing

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

    @Test("Any bytes that arrive on an idle connection end it", arguments: [1, 60])
    func whileIdle(count: Int) async throws {
        try await run(script: { .json(#"{"own":\#($0.connection)}"#) }) { fixture in
            #expect(await fixture.call().text == #"{"own":1}"#)
            let channel = try #require(fixture.server.channels.last)
            try await channel.writeAndFlush(ByteBuffer(string: String(Self.stray.prefix(count)))).get()
            try await eventually("the connection is ended") { !channel.isActive }
            #expect(await fixture.call(.exchange, "next").text == #"{"own":2}"#)
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
