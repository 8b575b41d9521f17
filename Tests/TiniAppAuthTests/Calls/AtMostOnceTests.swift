import TestSupport
import Testing

@testable import TiniAppAuth

struct AtMostOnceTests {
    @Test(
        "An exchange or refresh that may have arrived is not sent again",
        arguments: [AuthRoute.exchange, .refresh]
    )
    func neverTwice(route: AuthRoute) async throws {
        try await ServiceFixture.run(script: { _ in .hangUp }) { fixture in
            #expect(await fixture.call(route).error == .upstreamInvalidResponse)
            try await Task.sleep(for: .milliseconds(20))
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test("An exchange or refresh on a kept connection is not sent twice", arguments: [AuthRoute.exchange, .refresh])
    func neverTwiceOnKeptConnection(route: AuthRoute) async throws {
        try await ServiceFixture.run(script: { $0.body.contains("first") ? .json() : .hangUp }) { fixture in
            #expect(await fixture.call(route, "first").text == "{}")
            #expect(await fixture.call(route).error == .upstreamInvalidResponse)
            #expect(fixture.server.requests.count == 2)
            #expect(fixture.server.acceptedCount == 1)
        }
    }

    @Test("An info call is sent again once, on another connection and with a new signature")
    func infoAgain() async throws {
        let clock = Clock(1_000)
        try await ServiceFixture.run(
            configure: { $0.upstream.clock = { clock.now } },
            script: { request in
                clock.now += 1
                return request.connection == 1 ? .hangUp : .json(#"{"data":1}"#)
            }
        ) { fixture in
            #expect(await fixture.call(.info).text == #"{"data":1}"#)
            #expect(fixture.server.requests.map(\.connection) == [1, 2])
            #expect(fixture.server.requests.map { $0.fields["X-Tiniapp-Timestamp"] } == ["1000", "1001"])
        }
    }

    @Test("An info call is sent at most twice")
    func infoTwiceAtMost() async throws {
        try await ServiceFixture.run(script: { _ in .hangUp }) { fixture in
            #expect(await fixture.call(.info).error == .upstreamInvalidResponse)
            try await Task.sleep(for: .milliseconds(20))
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test("A call is not sent again once its answer has begun, even if it is cut off", arguments: AuthRoute.allCases)
    func cutAnswer(route: AuthRoute) async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
        try await ServiceFixture.run(script: { _ in .raw(head, closes: true) }) { fixture in
            #expect(await fixture.call(route).error == .upstreamInvalidResponse)
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test("A call that has timed out is not sent again", arguments: AuthRoute.allCases)
    func timeout(route: AuthRoute) async throws {
        try await ServiceFixture.run(
            configure: { $0.requestTimeout = .milliseconds(1_500) },
            script: { _ in .silence }
        ) { fixture in
            #expect(await fixture.call(route).error == .upstreamTimeout)
            try await Task.sleep(for: .milliseconds(20))
            #expect(fixture.server.requests.count == 1)
        }
    }
}
