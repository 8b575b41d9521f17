import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct TargetTests {
    @Test(
        "each path has its target, its name for the log, and its methods",
        arguments: [
            ("/auth_exchange", "exchange", ["POST"]), ("/auth_refresh", "refresh", ["POST"]),
            ("/auth_info", "info", ["POST"]),
            ("/", "greeting", ["GET", "HEAD"]), ("/health/live", "live", ["GET", "HEAD"]),
            ("/health/ready", "ready", ["GET", "HEAD"]),
        ] as [(String, String, [String])]
    )
    func found(path: String, name: String, methods: [String]) throws {
        let target = try #require(Target(path: path))
        #expect(target.name == name)
        #expect(target.methods == methods)
    }

    @Test(
        "any other path is none, however close",
        arguments: [
            "", "//", "/auth_exchange/", "/Auth_exchange", "/auth_exchange?x", "auth_exchange", "/healthz", "/health",
            "/health/live/", "/auth_exchange\0",
        ]
    )
    func notFound(path: String) {
        #expect(Target(path: path) == nil)
    }
}
