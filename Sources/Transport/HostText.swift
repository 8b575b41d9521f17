import Text

/// Tells addresses from names.
package enum HostText {
    /// Whether all its characters can be part of a name or an address.
    package static func isPlausible(_ host: String) -> Bool {
        host.utf8.allSatisfy { $0.isASCIILetterOrDigit || ".-_:".utf8.contains($0) }
    }

    package static func isIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether it is an IP address of either family.
    package static func isAddress(_ host: String) -> Bool { host.contains(":") || isIPv4(host) }

    /// Whether nothing sent there leaves the machine.
    package static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && isIPv4(host))
    }
}
