import FoundationEssentials
import Transport

/// The URL of an upstream call, taken apart for HTTP.
package struct UpstreamURL: Sendable, Hashable {
    /// Scheme, host and port. URLs with the same origin share connections.
    package struct Origin: Sendable, Hashable, CustomStringConvertible {
        package let usesTLS: Bool
        /// A name or an IP address, an IPv6 address without its brackets.
        package let host: String
        package let port: Int

        package var description: String { "\(usesTLS ? "https" : "http")://\(authority)" }

        /// The value of the `Host` field (RFC 9110 section 7.2): no port where it is the scheme's own.
        package var authority: String {
            let name = host.contains(":") ? "[\(host)]" : host
            return port == (usesTLS ? 443 : 80) ? name : "\(name):\(port)"
        }

        /// Whether nothing sent there leaves the machine.
        package var isLoopback: Bool { HostText.isLoopback(host) }
    }

    package let origin: Origin
    /// Path and query as they go into the request line (RFC 9112 section 3.2.1, origin-form).
    package let pathAndQuery: String

    /// - Returns: nil if the text is not an absolute `http` or `https` URL with a host, or has a user or a fragment.
    package init?(_ text: String) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "https" || scheme == "http", var host = parts.encodedHost, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard HostText.isPlausible(host) else { return nil }
        // A port that is too large for an integer is nil to Foundation.
        if parts.port == nil, let range = parts.rangeOfPort, !range.isEmpty { return nil }
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { return nil }
        origin = Origin(usesTLS: scheme == "https", host: host.lowercased(), port: port)
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        pathAndQuery = parts.percentEncodedQuery.map { "\(path)?\($0)" } ?? path
    }

    private init(origin: Origin, pathAndQuery: String) {
        self.origin = origin
        self.pathAndQuery = pathAndQuery
    }

    /// The same origin with another path.
    package func replacingPathAndQuery(with pathAndQuery: String) -> UpstreamURL {
        UpstreamURL(origin: origin, pathAndQuery: pathAndQuery)
    }
}
