import Dispatch
import NIOCore
import TestSupport
import Testing

@testable import TiniAppAuth

struct ConnectionReuseTests {
    @Test("Successive calls use one connection, whatever their routes")
    func reuse() async throws {
        try await ServiceFixture.run(script: { _ in .json() }) { fixture in
            for route in AuthRoute.allCases { #expect(await fixture.call(route).text == "{}") }
            #expect(fixture.server.acceptedCount == 1)
            #expect(
                fixture.server.requests.map(\.line) == [
                    "POST /oauth/auth/token HTTP/1.1", "POST /oauth/auth/token/refresh HTTP/1.1",
                    "POST /oauth/me HTTP/1.1",
                ]
            )
        }
    }

    @Test(
        "A connection that the server will not keep is not used again",
        arguments: [
            .json(fields: "Connection: close\r\n"), .json(fields: "Keep-Alive: timeout=1\r\n"),
            .raw("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        ] as [ScriptedServer.Reaction]
    )
    func notKept(reaction: ScriptedServer.Reaction) async throws {
        try await ServiceFixture.run(script: { _ in reaction }) { fixture in
            for _ in 0..<2 { #expect(await fixture.call().text == "{}") }
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test("A close, or bytes, that only the kernel has seen are noticed before the write", arguments: [true, false])
    func unseen(closes: Bool) async throws {
        try await ServiceFixture.run(script: { .json(#"{"own":\#($0.connection)}"#) }) { fixture in
            #expect(await fixture.call().text == #"{"own":1}"#)
            let channel = try #require(fixture.server.channels.first)
            let outcome = await fixture.outcome(
                .exchange,
                #"{"code":"b"}"#,
                after: {
                    // Blocks the event loop until it has arrived.
                    let arrived = DispatchSemaphore(value: 0)
                    let stray = ByteBuffer(string: ScriptedServer.Reaction.text())
                    (closes ? channel.hangUp() : channel.writeAndFlush(stray)).whenComplete { _ in arrived.signal() }
                    arrived.wait()
                },
                then: {}
            )
            #expect(outcome.result.text == #"{"own":2}"#)
            #expect(fixture.server.requests.map(\.connection) == [1, 2])
        }
    }

    @Test("A second answer after the first is not given to the call that waits for the connection")
    func twoAnswersAtOnce() async throws {
        let answers = ScriptedServer.Reaction.text(#"{"first":1}"#) + ScriptedServer.Reaction.text(#"{"surplus":1}"#)
        try await ServiceFixture.run(
            configure: { $0.upstream.maxConnections = 1 },
            script: { $0.connection == 1 ? .raw(answers) : .json(#"{"own":1}"#) }
        ) { fixture in
            let results = await fixture.calls(2)
            #expect(results.compactMap(\.text).sorted() == [#"{"first":1}"#, #"{"own":1}"#])
            #expect(fixture.server.requests.map(\.connection) == [1, 2])
        }
    }
}
