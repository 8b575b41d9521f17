import NIOCore
import TestSupport
import Testing

@testable import TiniAppAuth

/// The answers to requests that repeat a token.
struct ReplayTests {
    static let tokens = #"{"data":{"access_token":"SECRET2","refresh_token":"SECRET3"},"error":null}"#

    static func run(
        window: TimeAmount = .seconds(45),
        script: @escaping ScriptedServer.Script,
        _ body: (ServiceFixture) async throws -> Void
    ) async throws {
        try await ServiceFixture.run(configure: { $0.replayWindow = window }, script: script, body)
    }

    @Test("Only a verification keeps a token's owner, and only a verification gets what is kept")
    func owners() async throws {
        let owner = #"{"data":{"customer_id":7},"error":null}"#
        try await Self.run(script: { _ in .json(owner) }) { fixture in
            func verify() async -> AuthOutcome {
                await withCheckedContinuation { answered in
                    fixture.eventLoop.execute {
                        fixture.service.value.verify(authorization: "Bearer SECRET", acceptedAt: .now()) {
                            answered.resume(returning: $0)
                        }
                    }
                }
            }
            _ = await fixture.call(.info)
            #expect(await verify().age == nil)
            #expect(await verify().age != nil)
            #expect(fixture.server.requests.count == 2)
            _ = await fixture.call(.info)
            #expect(await verify().age != nil)
            #expect(fixture.server.requests.count == 3)
        }
    }

    @Test("A repeated exchange or refresh gets the same answer", arguments: [AuthRoute.exchange, .refresh])
    func replayed(route: AuthRoute) async throws {
        let fields = "Content-Type: application/json; charset=utf-8\r\nRetry-After: 7\r\n"
        try await Self.run(script: { _ in .json(Self.tokens, status: "201 Created", fields: fields) }) { fixture in
            let started = ContinuousClock.now
            let first = await fixture.outcome(route, #"{"\#(route.requiredKey)":"SECRET"}"#)
            let second = await fixture.outcome(route, #"{"x":1,"\#(route.requiredKey)":"\u0053ECRET"}"#)
            let answers = [first, second].map { try? $0.result.get() }
            #expect(answers.map { $0?.status } == [201, 201])
            #expect(answers.map { $0?.contentType } == Array(repeating: "application/json; charset=utf-8", count: 2))
            #expect(answers.map { $0?.retryAfter } == ["7", "7"])
            #expect([first, second].map(\.result.text) == [Self.tokens, Self.tokens])
            let elapsed = (ContinuousClock.now - started).components.seconds
            #expect(first.age == nil)
            #expect((0...elapsed).contains(Int64(try #require(second.age))))
            #expect((second.attempts, second.upstreamDuration) == (0, nil))
            #expect(fixture.server.requests.count == 1)
            #expect(fixture.metrics.counterTotal(label: "tiniapp_auth_replayed_requests_total") == 1)
            let kept = try fixture.metrics.expectMeter("tiniapp_auth_kept_answers")
            #expect(kept.lastValue == 1)
        }
    }

    @Test("Without a window each request makes a call")
    func off() async throws {
        try await Self.run(window: .zero, script: { _ in .json(Self.tokens) }) { fixture in
            for _ in 0..<3 { #expect(await fixture.call(.refresh).text == Self.tokens) }
            #expect(fixture.server.requests.count == 3)
        }
    }

    @Test("Kept answers are removed when the window ends, even without a request")
    func expiry() async throws {
        try await Self.run(window: .seconds(1), script: { _ in .json(Self.tokens) }) { fixture in
            _ = await fixture.calls(10)
            let meter = try fixture.metrics.expectMeter("tiniapp_auth_kept_answers")
            #expect(meter.values.max() == 10)
            try await eventually("the entries are gone") { meter.lastValue == 0 }
        }
    }

    @Test("Each refusal by Tiki is counted by route and reason")
    func refusals() async throws {
        try await Self.run(script: { request in
            let reason = request.line.contains("refresh") ? "invalid_token" : "no_such_reason"
            return .json(#"{"error":{"reason":"\#(reason)"}}"#, status: "400 Bad Request")
        }) { fixture in
            _ = await fixture.call(.refresh)
            // Answered from the kept outcome: Tiki refused it only once.
            _ = await fixture.call(.refresh)
            _ = await fixture.call(.exchange)
            let counters = fixture.metrics.counters(label: "tiniapp_auth_tiki_refusals_total")
                .filter { $0.totalValue > 0 }
            #expect(
                Set(counters.map { $0.dimensions.map(\.1) }) == [["refresh", "invalid_token"], ["exchange", "other"]]
            )
            #expect(counters.allSatisfy { $0.totalValue == 1 })
        }
    }
}
