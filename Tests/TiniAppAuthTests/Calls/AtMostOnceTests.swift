import TestSupport
import Testing

@testable import TiniAppAuth

struct AtMostOnceTests {
    @Test(
        "On a kept connection, too, what may have arrived is not sent again, except an info call once",
        arguments: [(AuthRoute.exchange, [1, 1]), (.refresh, [1, 1]), (.info, [1, 1, 2])]
    )
    func lost(route: AuthRoute, connections: [Int]) async throws {
        try await ServiceFixture.run(script: { $0.body.contains("first") ? .json() : .hangUp }) { fixture in
            #expect(await fixture.call(route, "first").text == "{}")
            #expect(await fixture.call(route).error == .upstreamInvalidResponse)
            try await Task.sleep(for: .milliseconds(20))
            #expect(fixture.server.requests.map(\.connection) == connections)
        }
    }

    @Test("An info call that is sent again has a new signature")
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
            #expect(fixture.server.requests.map { $0.fields["X-Tiniapp-Timestamp"] } == ["1000", "1001"])
            for request in fixture.server.requests { try #expect(request.isSigned(with: ServiceFixture.credentials)) }
        }
    }
}
