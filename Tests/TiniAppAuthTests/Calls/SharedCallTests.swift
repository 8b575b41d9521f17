import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import TiniAppAuth

struct SharedCallTests {
    typealias Reaction = ScriptedServer.Reaction

    /// Counts the calls of each completion.
    final class Counter: Sendable {
        private let counts: Mutex<[Int]>

        init(_ size: Int) {
            counts = Mutex(Array(repeating: 0, count: size))
        }

        var all: [Int] { counts.withLock { $0 } }

        func count(_ index: Int) { counts.withLock { $0[index] += 1 } }
    }

    @Test("Identical calls in flight make one call to Tiki, and all get its answer", arguments: AuthRoute.allCases)
    func shared(route: AuthRoute) async throws {
        try await ServiceFixture.run(
            script: { _ in Reaction.json(#"{ "data" : 1 }"#, status: "418 Teapot").after(.milliseconds(100)) }
        ) { fixture in
            let body = #"{"\#(route.requiredKey)":"SECRET"}"#
            let results = await fixture.sendAll(Array(repeating: (route, body), count: 20))
            let expected = TikiAnswer(status: 418, body: Array(#"{ "data" : 1 }"#.utf8))
            #expect(results.count == 20)
            #expect(results.allSatisfy { $0 == .success(expected) })
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test("Calls with the same token are the same call, however the JSON around it is written")
    func identity() async throws {
        let bodies = [
            #"{"code":"a/é"}"#, #" { "code" : "a/é" } "#, #"{"code":"a/é","x":1}"#, #"{"x":[{}],"code":"a/é"}"#,
            #"{"code":"\u0061\/\u00e9"}"#, #"{"co\u0064e":"a/é"}"#,
            // And these are different.
            #"{"code":"b"}"#, #"{"code":"a/é "}"#, #"{"code":"a/e\u0301"}"#, #"{"code":"a\\/é"}"#,
        ]
        try await ServiceFixture.run(script: { Reaction.json($0.body).after(.milliseconds(100)) }) { fixture in
            #expect(await fixture.sendAll(bodies.map { (.exchange, $0) }).allSatisfy { $0.text != nil })
            #expect(Set(fixture.server.requests.map(\.body)) == Set([bodies[0]] + bodies[6...]))
            #expect(fixture.server.requests.count == 5)
        }
    }

    @Test("The same bytes on two routes are two calls")
    func routes() async throws {
        let body = #"{"code":"a","refresh_token":"a"}"#
        try await ServiceFixture.run(script: { _ in Reaction.json().after(.milliseconds(50)) }) { fixture in
            let results = await fixture.sendAll([(.exchange, body), (.refresh, body)])
            #expect(results.map(\.text) == ["{}", "{}"])
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test("An identical call after the answer goes to Tiki again")
    func nothingIsKept() async throws {
        try await ServiceFixture.run(script: { .json($0.fields["X-Tiniapp-Timestamp"] ?? "") }) { fixture in
            for _ in 0..<3 { #expect(await fixture.call().text != nil) }
            #expect(fixture.server.requests.count == 3)
        }
    }

    @Test("Identical calls in flight share a failure, and the next call is sent again")
    func failure() async throws {
        try await ServiceFixture.run(script: {
            $0.connection == 1 ? Reaction.hangUp.after(.milliseconds(100)) : .json()
        }) { fixture in
            let body = #"{"code":"SECRET"}"#
            let results = await fixture.sendAll([(.exchange, body), (.exchange, body)])
            #expect(results.map(\.error) == [.upstreamInvalidResponse, .upstreamInvalidResponse])
            #expect(fixture.server.requests.count == 1)
            #expect(await fixture.call().text == "{}")
        }
    }

    @Test("Every completion is called exactly once, whatever happens to the call")
    func exactlyOnce() async throws {
        let reactions: [Reaction] = [.json(), .hangUp, .silence, .json("x"), .json(fields: "Connection: close\r\n")]
        let counter = Counter(200)
        try await ServiceFixture.run(
            configure: {
                $0.requestTimeout = .milliseconds(300)
                $0.upstream.maxConnections = 4
            },
            script: { reactions[$0.body.utf8.reduce(0) { $0 + Int($1) } % reactions.count] }
        ) { fixture in
            for index in 0..<200 {
                let route = AuthRoute.allCases[index % 3]
                let body = #"{"\#(route.requiredKey)":"\#(index % 40)"}"#
                fixture.service.handle(route, contentType: "application/json", body: Array(body.utf8), age: .zero) {
                    _ in
                    counter.count(index)
                }
            }
            try await fixture.eventually { !counter.all.contains(0) }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(counter.all == Array(repeating: 1, count: 200))
    }
}
