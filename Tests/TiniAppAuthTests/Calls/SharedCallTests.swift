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
        // And so is this one, on another route.
        let calls = bodies.map { (AuthRoute.exchange, $0) } + [(.refresh, #"{"refresh_token":"a/é"}"#)]
        try await ServiceFixture.run(script: { Reaction.json($0.body).after(.milliseconds(100)) }) { fixture in
            #expect(await fixture.outcomes(calls).allSatisfy { $0.result.text != nil })
            #expect(Set(fixture.server.requests.map(\.body)) == Set([bodies[0]] + bodies[6...] + [calls[10].1]))
            #expect(fixture.server.requests.count == 6)
        }
    }

    @Test("Requests that share a call get the same at their deadline, and what was not sent by then never is")
    func deadline() async throws {
        try await ServiceFixture.run(
            configure: {
                $0.requestTimeout = .milliseconds(1_500)
                $0.upstream.maxConnections = 1
            },
            script: { $0.body.contains("next") ? .json() : .silence }
        ) { fixture in
            let bodies = ["sent", "sent", "waits", "waits"].map { #"{"code":"\#($0)"}"# }
            let outcomes = await fixture.outcomes(bodies.map { (.exchange, $0) })
            #expect(outcomes.map(\.result.error) == [.upstreamTimeout, .upstreamTimeout, .overloaded, .overloaded])
            #expect(outcomes.map(\.isShared) == [false, true, false, true])
            #expect(outcomes.map(\.attempts) == [1, 1, 0, 0])
            let failures = fixture.metrics.counters(label: "tiniapp_auth_upstream_failures_total")
            #expect(failures.map(\.totalValue).reduce(0, +) == 2, "each call counts once")
            #expect(await fixture.call(.exchange, "next").text == "{}")
            #expect(fixture.server.requests.map(\.connection) == [1, 2], "the one without an answer is not used again")
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
                fixture.handle(route, body) { _ in counts.change { $0[index] += 1 } }
            }
            try await eventually("all have ended") { !counts.value.contains(0) }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(counts.value == Array(repeating: 1, count: 200))
    }
}
