import TestSupport
import Testing

@testable import TiniAppAuth

struct ConnectionPoolTests {
    @Test("Calls use no more connections than the limit, and each call gets its own answer")
    func limit() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.maxConnections = 2 },
            script: { Reaction.json($0.body).after(.milliseconds(10)) }
        ) { fixture in
            let results = await fixture.calls(10)
            #expect(results.map(\.text) == (0..<10).map { #"{"code":"SECRET\#($0)"}"# })
            #expect(fixture.server.acceptedCount == 2)
        }
    }

    @Test("A call is signed when it is sent, not when it arrives")
    func signedLast() async throws {
        let clock = Clock(1_620_621_619_000)
        try await ServiceFixture.run(
            configure: {
                $0.upstream.maxConnections = 1
                $0.upstream.clock = { clock.now }
            },
            script: { _ in
                clock.now += 569
                return .json()
            }
        ) { fixture in
            _ = await fixture.calls(3)
            let times = fixture.server.requests.map { $0.fields["X-Tiniapp-Timestamp"] }
            #expect(times == ["1620621619000", "1620621619569", "1620621620138"])
            for request in fixture.server.requests {
                try #expect(request.isSigned(with: ServiceFixture.credentials()))
            }
        }
    }

    @Test("A call sends the compact object with the header fields that Tiki documents")
    func request() async throws {
        try await ServiceFixture.run(script: { _ in .json() }) { fixture in
            _ = await fixture.outcome(.exchange, #"{ "x" : 1e400, "code" : "\u00e9 é" }"#)
            let request = try #require(fixture.server.requests.first)
            #expect(request.body == #"{"x":1e400,"code":"\u00e9 é"}"#)
            #expect(request.fields["Host"] == "127.0.0.1:\(fixture.server.port)")
            #expect(request.fields["Content-Type"] == "application/json")
            #expect(request.fields["Content-Length"] == "30")
            #expect(request.fields["X-Tiniapp-Client-Id"] == RequestSignerTests.key)
            #expect(request.fields["Accept-Encoding"] == "identity")
            #expect(request.fields["Transfer-Encoding"] == nil)
        }
    }

    @Test("Every waiting call fails at once if nothing listens on the port")
    func nobodyListens() async throws {
        let unused = try ReservedPort()
        try await ServiceFixture.run(
            configure: {
                $0.callPort(unused.port)
                $0.upstream.maxConnections = 2
            },
            script: { _ in .json() }
        ) { fixture in
            #expect(await fixture.calls(10).map(\.error) == Array(repeating: .upstreamUnreachable, count: 10))
            #expect(await fixture.call().error == .upstreamUnreachable)
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

    typealias Reaction = ScriptedServer.Reaction
}
