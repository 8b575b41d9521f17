import TestSupport
import Testing

@testable import TiniAppAuth

struct ServiceCloseTests {
    @Test("Closing the service ends sent, waiting and later calls with shutting_down", arguments: AuthRoute.allCases)
    func closing(route: AuthRoute) async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.maxConnections = 2 },
            script: { _ in .silence }
        ) { fixture in
            async let results = fixture.calls(5, route)
            try await eventually("two calls are sent") { fixture.server.requests.count == 2 }
            try await fixture.close()
            #expect(await results.map(\.error) == Array(repeating: .shuttingDown, count: 5))
            #expect(await fixture.call(route).error == .shuttingDown)
            // The fixture closes it again, which does no harm.
            #expect(fixture.server.requests.count == 2)
        }
    }
}
