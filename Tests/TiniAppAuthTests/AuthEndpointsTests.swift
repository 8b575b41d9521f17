import Testing
import Upstream

@testable import TiniAppAuth

struct AuthEndpointsTests {
    @Test(
        "The refresh and info endpoints are derived from an exchange endpoint with Tiki's path, and from no other",
        arguments: [
            (
                "https://api.tiki.vn/tiniapp-open-api/oauth/auth/token",
                "/tiniapp-open-api/oauth/auth/token/refresh", "/tiniapp-open-api/oauth/me"
            ),
            (
                "https://api.tala.xyz/tiniapp-open-api/api/v1/oauth/auth/token",
                "/tiniapp-open-api/api/v1/oauth/auth/token/refresh",
                "/tiniapp-open-api/api/v1/oauth/me"
            ),
            ("http://127.0.0.1:9000/auth/token", "/auth/token/refresh", "/me"),
            ("https://h/auth/token/auth/token", "/auth/token/auth/token/refresh", "/auth/token/me"),
        ] as [(String, String, String)]
    )
    func derived(exchange: String, refresh: String, info: String) throws {
        let url = try #require(UpstreamURL(exchange))
        let derived = try #require(AuthEndpoints.derived(from: url))
        #expect(derived.refresh.pathAndQuery == refresh)
        #expect(derived.info.pathAndQuery == info)
        #expect(derived.refresh.origin == url.origin)
        #expect(derived.info.origin == url.origin)
        for other in [
            "https://h", "https://h/", "https://h/oauth/token", "https://h/oauth/auth/token/", "https://h/xauth/token",
            "https://h/oauth/auth/token?x=1", "https://h/oauth/auth/Token", "https://h/oauth/auth/token/refresh",
        ] {
            #expect(AuthEndpoints.derived(from: try #require(UpstreamURL(other))) == nil)
        }
    }
}
