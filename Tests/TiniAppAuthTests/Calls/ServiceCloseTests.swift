import Testing

@testable import TiniAppAuth

struct ServiceCloseTests {
    @Test(
        "closing ends what has been sent, and what waits, with the word that the server is shutting down",
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

    @Test("a call after the close ends the same way, and closing again does no harm")
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

    @Test("closing closes idle connections")
    func idle() async throws {
        try await ServiceFixture.run(script: { _ in .json() }) { fixture in
            #expect(await fixture.call().text == "{}")
            try await fixture.service.close()
            let channel = try #require(fixture.server.channels.first)
            try await fixture.eventually { !channel.isActive }
        }
    }
}
