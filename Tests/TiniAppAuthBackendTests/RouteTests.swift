import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct RouteTests {
    @Test(
        "Each path has its route, with a name for the log and its methods, and two are not for everybody",
        arguments: [
            ("/auth_exchange", "exchange", ["POST"], false), ("/auth_refresh", "refresh", ["POST"], false),
            ("/auth_info", "info", ["POST"], false), ("/auth_verify", "verify", ["GET", "HEAD"], true),
            ("/", "greeting", ["GET", "HEAD"], false), ("/health/live", "live", ["GET", "HEAD"], false),
            ("/health/ready", "ready", ["GET", "HEAD"], false), ("/metrics", "metrics", ["GET", "HEAD"], true),
            ("/tiki-validation-code/a/auth.txt", "validation", ["GET", "HEAD"], false),
        ] as [(String, String, [String], Bool)]
    )
    func found(path: String, name: String, methods: [String], isInternal: Bool) throws {
        let route = try #require(Route(path: path))
        #expect(Route.name(of: route) == name)
        #expect(route.methods == methods)
        #expect(route.isInternal == isInternal)
        #expect(Route.names.contains(name))
    }

    @Test(
        "A path that only resembles a known one has no route, but a name for the metrics",
        arguments: [
            "", "//", "/auth_exchange/", "/Auth_exchange", "/auth_exchange?x", "auth_exchange", "/healthz", "/health",
            "/health/live/", "/auth_exchange\0", "/metrics/", "/Metrics",
        ]
    )
    func notFound(path: String) {
        #expect(Route(path: path) == nil)
        #expect(Route.name(of: nil) == "unknown" && Route.names.contains("unknown"))
    }
}
