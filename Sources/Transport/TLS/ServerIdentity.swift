import NIOSSL

/// Checks that a certificate is for a server's name (RFC 9525).
///
/// NIOSSL checks that too, but also accepts an IP address in the certificate that equals the peer's, and the subject's
/// name if there are no others. That would trust an attacker who can forge DNS and has a certificate for an address.
enum ServerIdentity {
    /// Whether one of the certificate's DNS names is the host's.
    static func matches(_ host: String, _ certificate: NIOSSLCertificate) -> Bool {
        certificate._subjectAlternativeNames().contains { name in
            name.nameType == .dnsName && matches(host, pattern: String(decoding: name.contents, as: UTF8.self))
        }
    }

    /// RFC 9525 section 6.3: labels are compared ignoring case; `*` may be the whole first label, and matches just one.
    static func matches(_ host: String, pattern: String) -> Bool {
        let host = labels(host)
        let pattern = labels(pattern)
        guard host.count == pattern.count, host.count > 1 || pattern.first != "*", !host.contains(where: \.isEmpty)
        else {
            return false
        }
        return zip(host, pattern).enumerated().allSatisfy { index, pair in
            pair.0 == pair.1 || (index == 0 && pair.1 == "*")
        }
    }

    /// A server's name in TLS, for SNI and its certificate. Nil for an address: RFC 6066 section 3 does not allow
    /// addresses in SNI, and the certificate must be for the address then.
    static func serverName(of host: String) -> String? { HostText.isAddress(host) ? nil : name(host) }

    /// A host's name for TLS: without a final dot, which says only that the name is complete.
    static func name(_ host: String) -> String {
        host.hasSuffix(".") ? String(host.dropLast()) : host
    }

    private static func labels(_ name: String) -> [String] {
        self.name(name).lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
}
