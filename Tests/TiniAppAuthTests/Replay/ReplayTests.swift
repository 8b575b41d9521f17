import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import TiniAppAuth

/// The answers to requests that repeat a token.
struct ReplayTests {
    typealias Reaction = ScriptedServer.Reaction

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
                    fixture.service.verify(authorization: "Bearer SECRET") { answered.resume(returning: $0) }
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

    @Test("An info call changes nothing, so it is made each time")
    func info() async throws {
        try await Self.run(script: { _ in .json() }) { fixture in
            for _ in 0..<2 { #expect(await fixture.outcome(.info, #"{"access_token":"SECRET"}"#).age == nil) }
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test(
        "Only after an answer that leaves the token unused is it sent again; any other answer comes again as it was",
        arguments: [
            (.json(#"{"data":{}}"#), true),
            (.json(#"{"error":{"reason":"invalid_token"}}"#, status: "400 Bad Request"), true),
            (.json(#"{"error":{"reason":"invalid_signature"}}"#, status: "400 Bad Request"), false),
            (.json("<html>", status: "403 Forbidden"), false),
            // A gateway may say this after it has lost Tiki's answer.
            (.json("<html>", status: "503 Unavailable"), true),
            // But not with the time at which to come back.
            (.json("{}", status: "503 Unavailable", fields: "Retry-After: 1\r\n"), false),
            (.json("<html>", status: "503 Unavailable", fields: "Retry-After: 1\r\n"), false),
            (.json("{}", status: "503 Unavailable", fields: "Retry-After: soon\r\n"), true),
        ] as [(Reaction, Bool)]
    )
    func answers(reaction: Reaction, isKept: Bool) async throws {
        try await Self.run(script: { _ in reaction }) { fixture in
            let first = await fixture.outcome(.refresh, #"{"refresh_token":"SECRET"}"#)
            let second = await fixture.outcome(.refresh, #"{"refresh_token":"SECRET"}"#)
            #expect(second.result == first.result)
            #expect((second.age != nil) == isKept)
            #expect(fixture.server.requests.count == (isKept ? 1 : 2))
        }
    }

    @Test(
        "A repeated call whose outcome is unknown gets the same error, and nothing is sent",
        arguments: [
            .hangUp, .raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", closes: true), .raw("SSH-2.0\r\n\r\n"),
            .json("<html>"), .json(status: "302 Found"), .json("<html>", status: "502 Bad Gateway"),
            .json(String(repeating: " ", count: 70_000)),
        ] as [Reaction]
    )
    func inDoubt(reaction: Reaction) async throws {
        try await Self.run(script: { _ in reaction }) { fixture in
            let first = await fixture.outcome(.exchange, #"{"code":"SECRET"}"#)
            #expect(first.result.error == .upstreamInvalidResponse)
            for _ in 0..<3 {
                let again = await fixture.outcome(.exchange, #"{"code":"SECRET"}"#)
                #expect(again.result == first.result)
                #expect((again.failureCode, again.attempts) == (first.failureCode, 0))
                #expect(again.age != nil)
            }
            #expect(fixture.server.requests.count == 1)
            #expect(fixture.metrics.counterTotal(label: "tiniapp_auth_in_doubt_total") == 3)
        }
    }

    @Test("A late copy of a request gets its answer again, also when the next refresh token has been used")
    func successor() async throws {
        try await Self.run(script: { _ in .json(Self.tokens) }) { fixture in
            for value in ["SECRET", "SECRET3", "SECRET"] {
                #expect(await fixture.call(.refresh, value).text == Self.tokens)
            }
            #expect(fixture.server.requests.count == 2)
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
            try await fixture.eventually({ meter.lastValue == 0 }, "the entries are still there")
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
