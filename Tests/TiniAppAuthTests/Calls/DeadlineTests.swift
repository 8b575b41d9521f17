import TestSupport
import Testing

@testable import TiniAppAuth

struct DeadlineTests {
    typealias Reaction = ScriptedServer.Reaction

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

    @Test("A late answer is never given to the next call")
    func lateAnswer() async throws {
        try await ServiceFixture.run(
            configure: {
                $0.requestTimeout = .milliseconds(1_400)
                $0.upstream.maxConnections = 1
            },
            script: { request in
                request.body.contains("slow")
                    ? Reaction.json(#"{"late":1}"#).after(.milliseconds(1_500)) : .json(#"{"own":1}"#)
            }
        ) { fixture in
            async let slow = fixture.call(.exchange, "slow")
            try await fixture.eventually { fixture.server.requests.count == 1 }
            try await Task.sleep(for: .milliseconds(700))
            async let next = fixture.call(.exchange, "next")
            #expect(await slow.error == .upstreamTimeout)
            // On a busy machine this call may have run out of time, too.
            let result = await next
            #expect(result.text == #"{"own":1}"# || result.error == .upstreamTimeout || result.error == .overloaded)
        }
    }

    @Test("An answer that stops halfway leads to a timeout")
    func halfAnAnswer() async throws {
        try await ServiceFixture.run(
            configure: { $0.requestTimeout = .milliseconds(1_500) },
            script: { _ in .raw("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\"") }
        ) { fixture in
            #expect(await fixture.call().error == .upstreamTimeout)
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

    @Test("The deadline counts from the request's arrival, not from its sending")
    func fromArrival() async throws {
        try await ServiceFixture.run(
            configure: {
                $0.requestTimeout = .milliseconds(1_500)
                $0.upstream.maxConnections = 1
            },
            script: { _ in Reaction.json().after(.milliseconds(1_000)) }
        ) { fixture in
            let results = await fixture.calls(2)
            #expect(results.contains { $0.error == .upstreamTimeout })
        }
    }
}
