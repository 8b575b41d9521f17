import NIOCore
import NIOPosix
import TestSupport
import Testing
import Upstream

@testable import TiniAppAuth

/// The outcome that a request's log line and the metrics get.
struct OutcomeTests {
    typealias Reaction = ScriptedServer.Reaction

    static let body = #"{"code":"SECRET"}"#

    @Test("An answered call is recorded as sent once and not shared, with its duration")
    func answered() async throws {
        try await ServiceFixture.run(script: { _ in Reaction.json().after(.milliseconds(30)) }) { fixture in
            let outcome = await fixture.outcome(.exchange, Self.body)
            #expect((outcome.attempts, outcome.isShared, outcome.failureCode) == (1, false, nil))
            let duration = try #require(outcome.upstreamDuration)
            #expect(duration >= .milliseconds(30))
            let timer = try fixture.metrics.expectTimer(
                "tiniapp_auth_upstream_request_duration_seconds",
                [("route", "exchange")]
            )
            #expect(timer.values == [duration.nanoseconds])
        }
    }

    @Test("A request that never reached Tiki has no attempts and no upstream duration, and nothing of it is kept")
    func unreachable() async throws {
        let unused = try ReservedPort()
        try await ServiceFixture.run(
            configure: {
                $0.replayWindow = .seconds(45)
                $0.callPort(unused.port)
            },
            script: { _ in .json() }
        ) { fixture in
            for _ in 0..<2 {
                let outcome = await fixture.outcome(.exchange, Self.body)
                #expect((outcome.result.error, outcome.failureCode) == (.upstreamUnreachable, "connection_refused"))
                #expect((outcome.attempts, outcome.upstreamDuration, outcome.age) == (0, nil, nil))
            }
            let line = fixture.log.entries.first?.metadata
            #expect(line?["error"] == "connection refused" && line?["address"] == "127.0.0.1:\(unused.port)")
            let own = await fixture.outcome(.exchange, "{}")
            #expect((own.attempts, own.upstreamDuration, own.failureCode) == (0, nil, nil))
            let timers = fixture.metrics.timers(label: "tiniapp_auth_upstream_request_duration_seconds")
            #expect(timers.allSatisfy { $0.values.isEmpty })
            let group = MultiThreadedEventLoopGroup.singleton
            let server = try await ScriptedServer(group: group, port: unused.port) { _ in .json() }
            #expect(await fixture.call().text == "{}")
            #expect(fixture.log.entries.map(\.message) == ["cannot connect to Tiki", "connected to Tiki again"])
            try await server.stop()
        }
    }

    @Test("The time before a request is handled counts, and a request without time left is never sent")
    func age() async throws {
        try await ServiceFixture.run(
            configure: { $0.requestTimeout = .seconds(20) },
            script: { _ in .silence }
        ) { fixture in
            let late = await fixture.outcome(.exchange, Self.body, age: .seconds(20))
            #expect((late.result.error, late.attempts, late.failureCode) == (.overloaded, 0, "timeout"))
            #expect(fixture.server.requests.isEmpty)
            let started = ContinuousClock.now
            let aged = await fixture.outcome(.exchange, Self.body, age: .milliseconds(19_700))
            #expect(aged.result.error == .upstreamTimeout)
            #expect(ContinuousClock.now - started < .seconds(10))
        }
    }

    @Test(
        "A failed call has its code in outcome and metrics, ends its connection, and comes again as it was",
        arguments: [
            (.hangUp, "connection_lost"),
            (.raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", closes: true), "cut_off"),
            (.raw("SSH-2.0\r\n\r\n"), "not_http"), (.json("<html>"), "not_json"), (.json(""), "not_json"),
            (.json("<html>", status: "502 Bad Gateway"), "not_json"),
            (.raw("HTTP/1.1 204 No Content\r\n\r\n"), "unexpected_status"),
            (.raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n"), "unexpected_status"),
            (.raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}"), "unexpected_status"),
            (.json(status: "301 Moved"), "unexpected_status"), (.json(fields: "Content-Encoding: gzip\r\n"), "encoded"),
            (.json(String(repeating: " ", count: 70_000)), "too_large"),
        ] as [(Reaction, String)]
    )
    func failures(reaction: Reaction, word: String) async throws {
        try await ServiceFixture.run(
            configure: { $0.replayWindow = .seconds(45) },
            script: { _ in reaction }
        ) { fixture in
            let outcome = await fixture.outcome(.exchange, Self.body)
            #expect((outcome.result.error, outcome.failureCode) == (.upstreamInvalidResponse, word))
            #expect(outcome.attempts == 1)
            let failures = fixture.metrics.counters(label: "tiniapp_auth_upstream_failures_total")
            #expect(failures.filter { $0.totalValue > 0 }.map { $0.dimensions[0].1 } == [word])
            #expect(failures.count == AuthOutcome.failureCodes.count)
            let channel = try #require(fixture.server.channels.first)
            try await eventually("its connection is closed") { !channel.isActive }
            for _ in 0..<3 {
                let again = await fixture.outcome(.exchange, Self.body)
                #expect((again.result.error, again.failureCode) == (outcome.result.error, word))
                #expect((again.attempts, again.age != nil) == (0, true))
            }
            #expect(fixture.server.requests.count == 1)
            #expect(fixture.metrics.counterTotal(label: "tiniapp_auth_in_doubt_total") == 3)
        }
    }
}
