import TestSupport
import Testing

@testable import TiniAppAuth

struct DeadlineTests {
    @Test("A call without an answer in time fails, and its connection is not used again")
    func timeout() async throws {
        try await ServiceFixture.run(
            configure: { $0.requestTimeout = .milliseconds(1_500) },
            script: { $0.body.contains("slow") ? .silence : .json() }
        ) { fixture in
            #expect(await fixture.call(.exchange, "slow").error == .upstreamTimeout)
            #expect(await fixture.call(.exchange, "quick").text == "{}")
            #expect(Set(fixture.server.requests.map(\.connection)).count == fixture.server.requests.count)
        }
    }

    @Test("The wait for a connection counts, and a call that runs out of time during it is never sent")
    func waiting() async throws {
        try await ServiceFixture.run(
            configure: {
                $0.requestTimeout = .milliseconds(2_000)
                $0.upstream.maxConnections = 1
            },
            script: { $0.body.contains("SECRET") ? .silence : .json() }
        ) { fixture in
            // Only the first one was sent.
            let expected: [AuthError?] = [.upstreamTimeout, .overloaded, .overloaded, .overloaded, .overloaded]
            #expect(await fixture.calls(5).map(\.error) == expected)
            #expect(await fixture.call(.exchange, "next").text == "{}")
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test("Requests that share a call get the same at their deadline, whether it was sent or not")
    func shared() async throws {
        try await ServiceFixture.run(
            configure: {
                $0.requestTimeout = .milliseconds(1_500)
                $0.upstream.maxConnections = 1
            },
            script: { _ in .silence }
        ) { fixture in
            let bodies = ["sent", "sent", "waits", "waits"].map { #"{"code":"\#($0)"}"# }
            let outcomes = await fixture.outcomes(bodies.map { (.exchange, $0) })
            #expect(
                outcomes.map(\.result.error) == [.upstreamTimeout, .upstreamTimeout, .overloaded, .overloaded]
            )
            #expect(outcomes.map(\.isShared) == [false, true, false, true])
            #expect(outcomes.map(\.attempts) == [1, 1, 0, 0])
            let failures = fixture.metrics.counters(label: "tiniapp_auth_upstream_failures_total")
            #expect(failures.map(\.totalValue).reduce(0, +) == 2, "each call counts once")
        }
    }
}
