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
            "Connection: close\r\n", "connection: Close\r\n", "Keep-Alive: timeout=1\r\n",
            "Keep-Alive: timeout=0, max=5\r\n",
            "Keep-Alive: max=5, timeout=1\r\n", "Keep-Alive: timeout=-1\r\n",
            "Keep-Alive: timeout=-9223372036854775808\r\n",
        ]
    )
    func notKept(fields: String) async throws {
        try await ServiceFixture.run(script: { _ in .json(fields: fields) }) { fixture in
            for _ in 0..<2 { #expect(await fixture.call().text == "{}") }
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test(
        "A Keep-Alive field with a long or malformed timeout changes nothing",
        arguments: [
            "timeout=60", "timeout=9223372036854775807", "timeout=99999999999999999999", "timeout=x", "timeout",
            "max=1", "",
        ]
    )
    func kept(value: String) async throws {
        try await ServiceFixture.run(script: { _ in .json(fields: "Keep-Alive: \(value)\r\n") }) { fixture in
            for _ in 0..<2 { #expect(await fixture.call().text == "{}") }
            #expect(fixture.server.acceptedCount == 1)
        }
    }

    @Test("An HTTP/1.0 answer ends its connection")
    func http10() async throws {
        let answer = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        try await ServiceFixture.run(script: { _ in .raw(answer) }) { fixture in
            for _ in 0..<2 { #expect(await fixture.call().text == "{}") }
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test("A connection that the server has closed while idle is replaced, and the call succeeds")
    func closedWhileIdle() async throws {
        try await ServiceFixture.run(script: { _ in .json() }) { fixture in
            #expect(await fixture.call().text == "{}")
            for channel in fixture.server.channels { try await channel.hangUp().get() }
            #expect(await fixture.call().text == "{}")
            #expect(fixture.server.acceptedCount == 2)
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test("A close that only the kernel has seen so far is noticed before the write")
    func closedUnseen() async throws {
        try await ServiceFixture.run(script: { _ in .json() }) { fixture in
            #expect(await fixture.call().text == "{}")
            let channel = try #require(fixture.server.channels.first)
            let result = await withCheckedContinuation { continuation in
                fixture.eventLoop.execute {
                    // Blocks the event loop until the close has arrived.
                    let closed = DispatchSemaphore(value: 0)
                    channel.hangUp().whenComplete { _ in closed.signal() }
                    closed.wait()
                    fixture.service.handle(
                        .exchange,
                        contentType: "application/json",
                        body: Array(#"{"code":"b"}"#.utf8),
                        age: .zero
                    ) { continuation.resume(returning: $0.result) }
                }
            }
            #expect(result.text == "{}")
            #expect(fixture.server.requests.map(\.connection) == [1, 2])
        }
    }

    @Test(
        "Unsolicited bytes end an idle connection and are not given to the next call",
        arguments: [ScriptedServer.Reaction.text(#"{"stale":1}"#), "x", "HTTP/1.1 100 Continue\r\n\r\n"]
    )
    func unsolicited(bytes: String) async throws {
        try await ServiceFixture.run(script: { .json(#"{"connection":\#($0.connection)}"#) }) { fixture in
            #expect(await fixture.call().text == #"{"connection":1}"#)
            let channel = try #require(fixture.server.channels.first)
            try await channel.writeAndFlush(ByteBuffer(string: bytes))
            try await fixture.eventually({ !channel.isActive }, "the connection was not ended")
            #expect(await fixture.call().text == #"{"connection":2}"#)
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
