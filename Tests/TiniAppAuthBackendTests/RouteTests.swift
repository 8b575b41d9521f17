import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct RouteTests {
    @Test(
        "Each path has its route, with a name for the log and its methods",
        arguments: [
            ("/auth_exchange", "exchange", ["POST"]), ("/auth_refresh", "refresh", ["POST"]),
            ("/auth_info", "info", ["POST"]), ("/auth_verify", "verify", ["GET", "HEAD"]),
            ("/", "greeting", ["GET", "HEAD"]), ("/health/live", "live", ["GET", "HEAD"]),
            ("/health/ready", "ready", ["GET", "HEAD"]), ("/metrics", "metrics", ["GET", "HEAD"]),
            ("/tiki-validation-code/a/auth.txt", "validation", ["GET", "HEAD"]),
        ] as [(String, String, [String])]
    )
    func found(path: String, name: String, methods: [String]) throws {
        let route = try #require(Route(path: path))
        #expect(Route.name(of: route) == name)
        #expect(route.methods == methods)
        #expect(Route.names.contains(name))
    }

    @Test("An unknown route has a name for the metrics, too")
    func unknown() {
        #expect(Route.name(of: nil) == "unknown")
        #expect(Set(Route.names).count == Route.names.count && Route.names.contains("unknown"))
    }

    @Test(
        "A path that only resembles a known one has no route",
        arguments: [
            "", "//", "/auth_exchange/", "/Auth_exchange", "/auth_exchange?x", "auth_exchange", "/healthz", "/health",
            "/health/live/", "/auth_exchange\0", "/metrics/", "/Metrics",
        ]
    )
    func notFound(path: String) {
        #expect(Route(path: path) == nil)
    }
}
