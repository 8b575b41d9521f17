import TestSupport
import Testing

@testable import TiniAppAuth

struct AtMostOnceTests {
    @Test(
        "An exchange or refresh that may have arrived is not sent again, and an info call only once",
        arguments: [(AuthRoute.exchange, 1), (.refresh, 1), (.info, 2)]
    )
    func lost(route: AuthRoute, count: Int) async throws {
        try await ServiceFixture.run(script: { _ in .hangUp }) { fixture in
            #expect(await fixture.call(route).error == .upstreamInvalidResponse)
            try await Task.sleep(for: .milliseconds(20))
            #expect(fixture.server.requests.count == count)
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
            let outcome = await fixture.outcome(.info, #"{"access_token":"SECRET"}"#)
            #expect((outcome.result.text, outcome.attempts, outcome.failureCode) == (#"{"data":1}"#, 2, nil))
            #expect(fixture.server.requests.map(\.connection) == [1, 2])
            #expect(fixture.server.requests.map { $0.fields["X-Tiniapp-Timestamp"] } == ["1000", "1001"])
        }
    }
}
