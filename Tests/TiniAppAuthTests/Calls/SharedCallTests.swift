import TestSupport
import Testing

@testable import TiniAppAuth

struct SharedCallTests {
    typealias Reaction = ScriptedServer.Reaction

    @Test("Identical calls in flight make one call to Tiki, and all get its answer", arguments: AuthRoute.allCases)
    func shared(route: AuthRoute) async throws {
        try await ServiceFixture.run(
            script: { _ in Reaction.json(#"{ "data" : 1 }"#, status: "418 Teapot").after(.milliseconds(100)) }
        ) { fixture in
            let body = #"{"\#(route.requiredKey)":"SECRET"}"#
            let outcomes = await fixture.outcomes(Array(repeating: (route, body), count: 20))
            let expected = TikiAnswer(status: 418, body: Array(#"{ "data" : 1 }"#.utf8))
            #expect(outcomes.map(\.isShared) == [false] + Array(repeating: true, count: 19))
            #expect(outcomes.allSatisfy { $0.result == .success(expected) && $0.attempts == 1 })
            #expect(fixture.server.requests.count == 1)
            #expect(fixture.metrics.counterTotal(label: "tiniapp_auth_shared_requests_total") == 19)
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
            #expect(await fixture.outcomes(bodies.map { (.exchange, $0) }).allSatisfy { $0.result.text != nil })
            #expect(Set(fixture.server.requests.map(\.body)) == Set([bodies[0]] + bodies[6...]))
            #expect(fixture.server.requests.count == 5)
        }
    }

    @Test("The same bytes on two routes are two calls")
    func routes() async throws {
        let body = #"{"code":"a","refresh_token":"a"}"#
        try await ServiceFixture.run(script: { _ in Reaction.json().after(.milliseconds(50)) }) { fixture in
            let outcomes = await fixture.outcomes([(.exchange, body), (.refresh, body)])
            #expect(outcomes.map(\.result.text) == ["{}", "{}"])
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test("Identical calls in flight share a failure, and the next call is sent again")
    func failure() async throws {
        try await ServiceFixture.run(script: {
            $0.connection == 1 ? Reaction.hangUp.after(.milliseconds(100)) : .json()
        }) { fixture in
            let body = #"{"code":"SECRET"}"#
            let outcomes = await fixture.outcomes([(.exchange, body), (.exchange, body)])
            #expect(outcomes.map(\.result.error) == [.upstreamInvalidResponse, .upstreamInvalidResponse])
            #expect(fixture.server.requests.count == 1)
            #expect(await fixture.call().text == "{}")
        }
    }

    @Test("Every completion is called exactly once, whatever happens to the call")
    func exactlyOnce() async throws {
        let reactions: [Reaction] = [.json(), .hangUp, .silence, .json("x"), .json(fields: "Connection: close\r\n")]
        let counts = Locked(Array(repeating: 0, count: 200))
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
                fixture.service.handle(route, body) { _ in counts.change { $0[index] += 1 } }
            }
            try await fixture.eventually { !counts.value.contains(0) }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(counts.value == Array(repeating: 1, count: 200))
    }
}
