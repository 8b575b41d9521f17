import NIOCore
import Text

/// Tells addresses from names.
package enum HostText {
    /// Whether all its characters can be part of a name or an address.
    package static func isPlausible(_ host: String) -> Bool {
        host.utf8.allSatisfy { $0.isASCIILetterOrDigit || ".-_:".utf8.contains($0) }
    }

    /// Whether it is an IP address of either family.
    package static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

    /// Whether nothing sent there leaves the machine. An address has many spellings, so its bits are compared.
    package static func isLoopback(_ host: String) -> Bool {
        switch try? SocketAddress(ipAddress: host, port: 0) {
        case .v4(let address):
            return UInt32(bigEndian: address.address.sin_addr.s_addr) >> 24 == 127
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127]
            return bytes == [UInt8](repeating: 0, count: 15) + [1] || bytes.starts(with: mapped)
        default:
            return host == "localhost"
        }
    }
}
