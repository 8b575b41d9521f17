import Foundation
import Testing

/// The service manager's end: a unix datagram socket, by path or by abstract name.
final class NotifySocket {
    /// The value for `NOTIFY_SOCKET`.
    let name: String
    private let descriptor: CInt

    init(isAbstract: Bool = false) throws {
        let unique = "notify-\(UUID().uuidString)"
        name = isAbstract ? "@\(unique)" : FileManager.default.temporaryDirectory.appendingPathComponent(unique).path
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(result == 0)
    }

    deinit {
        close(descriptor)
        unlink(name)
    }

    /// The next message; nil if none comes in time.
    func receive(within milliseconds: CInt = 5_000) -> String? {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
