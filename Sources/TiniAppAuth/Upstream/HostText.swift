/// Tells addresses from names.
enum HostText {
    /// Whether it can be a name or an address at all, by its characters.
    static func isPlausible(_ host: String) -> Bool {
        host.utf8.allSatisfy { $0.isASCIILetterOrDigit || ".-_:".utf8.contains($0) }
    }

    static func isIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether it is an IP address of either family.
    static func isAddress(_ host: String) -> Bool { host.contains(":") || isIPv4(host) }
}
