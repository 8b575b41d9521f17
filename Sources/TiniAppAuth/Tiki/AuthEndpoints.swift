import Upstream

/// Where the three calls go.
package typealias AuthEndpoints = PerRoute<UpstreamURL>

extension AuthEndpoints {
    /// Everything that connections are opened to.
    var origins: Set<UpstreamURL.Origin> { Set(AuthRoute.allCases.map { self[$0].origin }) }

    /// The endpoints that follow from the one for the exchange, by the paths on Tiki's page "Exchange auth code";
    /// nil if its path is not Tiki's, so that they must be named.
    package static func derived(from exchange: UpstreamURL) -> (refresh: UpstreamURL, info: UpstreamURL)? {
        let suffix = "/auth/token"
        guard exchange.pathAndQuery.hasSuffix(suffix) else { return nil }
        return (
            exchange.replacingPathAndQuery(with: exchange.pathAndQuery + "/refresh"),
            exchange.replacingPathAndQuery(with: exchange.pathAndQuery.dropLast(suffix.count) + "/me")
        )
    }
}
