import Testing

@testable import TiniAppAuth

struct ServiceCloseTests {
    @Test(
        "Closing the service ends sent and waiting calls with the error shutting_down",
        arguments: AuthRoute.allCases
    )
    func inFlight(route: AuthRoute) async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.maxConnections = 2 },
            script: { _ in .silence }
        ) { fixture in
            async let results = fixture.calls(5, route)
            try await fixture.eventually { fixture.server.requests.count == 2 }
            try await fixture.service.close()
            #expect(await results.map(\.error) == Array(repeating: .shuttingDown, count: 5))
            #expect(fixture.server.requests.count == 2)
        }
    }

    @Test("A call after the close ends with shutting_down, and closing again does no harm")
    func afterwards() async throws {
        try await ServiceFixture.run(script: { _ in .json() }) { fixture in
            #expect(await fixture.call().text == "{}")
            try await fixture.service.close()
            #expect(await fixture.call().error == .shuttingDown)
            try await fixture.service.close()
            #expect(await fixture.call(.info).error == .shuttingDown)
            #expect(fixture.server.requests.count == 1)
        }
    }
}
