import NIOCore
import TestSupport
import Testing

@testable import TiniAppAuth

/// Answers that come after their request has got 504.
struct LateAnswerTests {
    typealias Reaction = ScriptedServer.Reaction

    static let body = #"{"code":"SECRET"}"#

    static func run(
        gate: Gate = Gate(),
        late: TimeAmount = .seconds(30),
        configure: @escaping (inout AuthService.Configuration) -> Void = { _ in },
        _ body: (ServiceFixture) async throws -> Void
    ) async throws {
        try await ServiceFixture.run(
            configure: {
                $0.requestTimeout = .milliseconds(1_500)
                $0.replayWindow = .seconds(45)
                $0.lateAnswerTimeout = late
                configure(&$0)
            },
            script: { $0.body.contains("slow") || $0.body == Self.body ? .json("{}").after(gate) : .json("{}") },
            body
        )
    }

    @Test("A repeated request waits for a late answer, and gets it")
    func joined() async throws {
        let gate = Gate()
        try await Self.run(gate: gate) { fixture in
            let first = await fixture.outcome(.exchange, Self.body)
            #expect((first.result.error, first.failureCode, first.isLate) == (.upstreamTimeout, "timeout", false))
            let second = await fixture.outcome(.exchange, Self.body, after: {}, then: { gate.open() })
            #expect((second.result.text, second.isShared, second.isLate, second.age) == ("{}", true, true, nil))
            #expect(fixture.server.requests.count == 1)
            #expect(fixture.metrics.counterTotal(label: "tiniapp_auth_late_answers_total") == 1)
        }
    }

    @Test("A repeated request after a late answer gets the kept answer")
    func kept() async throws {
        let gate = Gate()
        try await Self.run(gate: gate) { fixture in
            #expect(await fixture.call() == .failure(.upstreamTimeout))
            gate.open()
            let late = try fixture.metrics.expectCounter("tiniapp_auth_late_answers_total", [("route", "exchange")])
            try await eventually("it is counted") { late.totalValue == 1 }
            let second = await fixture.outcome(.exchange, Self.body)
            #expect((second.result.text, second.age != nil) == ("{}", true))
            // The call on the connection was completed, so it is used again.
            _ = await fixture.call(.exchange, "other")
            #expect(fixture.server.acceptedCount == 1)
        }
    }

    @Test("A repeated request waits no longer than its own timeout, and if no answer comes, the outcome stays unknown")
    func neverComes() async throws {
        try await Self.run(late: .seconds(6)) { fixture in
            for _ in 0..<2 {
                let started = ContinuousClock.now
                let outcome = await fixture.outcome(.exchange, Self.body)
                #expect((outcome.result.error, outcome.age) == (.upstreamTimeout, nil))
                #expect(ContinuousClock.now - started >= .milliseconds(1_490))
                #expect(ContinuousClock.now - started < .seconds(10))
            }
            let kept = try fixture.metrics.expectMeter("tiniapp_auth_kept_answers")
            try await eventually("it is given up") { kept.lastValue == 1 }
            let again = await fixture.outcome(.exchange, Self.body)
            #expect((again.result.error, again.age != nil, again.attempts) == (.upstreamTimeout, true, 0))
            #expect(fixture.server.requests.count == 1)
            let failures = fixture.metrics.counters(label: "tiniapp_auth_upstream_failures_total")
            #expect(failures.map(\.totalValue).reduce(0, +) == 1, "one call that failed, counted once")
        }
    }

    @Test("An info call, like any call without a window, ends with its request")
    func notWaitedFor() async throws {
        for (route, window) in [(AuthRoute.info, TimeAmount.seconds(45)), (.exchange, .zero)] {
            try await Self.run(configure: { $0.replayWindow = window }) { fixture in
                #expect(await fixture.call(route, "slow") == .failure(.upstreamTimeout))
                let state = [("state", "in_use")]
                let inUse = try fixture.metrics.expectMeter("tiniapp_auth_upstream_connections", state)
                try await eventually("none is in use") { inUse.lastValue == 0 }
            }
        }
    }

    @Test("A late call gives up its connection if another call waits for one")
    func givesWay() async throws {
        try await Self.run(configure: { $0.upstream.maxConnections = 2 }) { fixture in
            for number in 0..<2 {
                #expect(await fixture.call(.exchange, "slow\(number)") == .failure(.upstreamTimeout))
            }
            for number in 0..<5 { #expect(await fixture.call(.refresh, "quick\(number)").text == "{}") }
            // The older call has given way, and its outcome is unknown; the other one still waits.
            let again = await fixture.outcome(.exchange, #"{"code":"slow0"}"#)
            #expect((again.result.error, again.age != nil) == (.upstreamTimeout, true))
            #expect(await fixture.outcome(.exchange, #"{"code":"slow1"}"#).age == nil)
            #expect(fixture.server.requests.count == 7)
        }
    }
}
