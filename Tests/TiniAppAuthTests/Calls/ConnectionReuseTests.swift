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
            #expect(fixture.server.requests.allSatisfy { $0.fields["Accept-Encoding"] == "identity" })
            #expect(
                fixture.server.requests.map(\.line) == [
                    "POST /oauth/auth/token HTTP/1.1", "POST /oauth/auth/token/refresh HTTP/1.1",
                    "POST /oauth/me HTTP/1.1",
                ]
            )
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

    @Test("Calls use no more connections than the limit, and each call gets its own answer")
    func limit() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.maxConnections = 2 },
            script: { ScriptedServer.Reaction.json($0.body).after(.milliseconds(10)) }
        ) { fixture in
            let results = await fixture.calls(10)
            #expect(results.map(\.text) == (0..<10).map { #"{"code":"SECRET\#($0)"}"# })
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test("A server that accepts and closes is not flooded with connections", arguments: AuthRoute.allCases)
    func acceptsAndCloses(route: AuthRoute) async throws {
        try await ServiceFixture.run(closesAtOnce: true, script: { _ in .json() }) { fixture in
            for error in await fixture.calls(10, route).map(\.error) {
                #expect(error == .upstreamUnreachable || error == .upstreamInvalidResponse)
            }
            try await Task.sleep(for: .milliseconds(50))
            // One for each call, two for a repeated one, and a few that were found closed before the write.
            #expect(fixture.server.acceptedCount <= 30)
        }
    }
}
