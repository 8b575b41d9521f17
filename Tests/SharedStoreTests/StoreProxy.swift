import Foundation
import Glibc
import TestSupport

/// Relays connections to a store, some time later, or so that it shows another replication id.
final class StoreProxy: Sendable {
    private let listener: LoopbackListener

    var url: String { "redis://127.0.0.1:\(listener.port)" }

    /// - Parameters:
    ///   - name: the beginning of the replication id; nil for the store's own.
    ///   - delay: how long what is sent to the store takes.
    init(_ server: RedisServer, named name: String? = nil, delay: Duration = .zero) throws {
        listener = try LoopbackListener()
        listener.serve { client in try? Self.relay(client, to: server.path, name, delay) }
    }

    private static func relay(_ client: CInt, to path: String, _ name: String?, _ delay: Duration) throws {
        defer { close(client) }
        let server = try Sockets.connect(path: path)
        defer { close(server) }
        var polled = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while poll(&polled, 2, -1) > 0 {
            for (index, other) in [server, client].enumerated() where polled[index].revents != 0 {
                if other == server { usleep(UInt32(delay / .microseconds(1))) }
                var part = try Sockets.receive(polled[index].fd)
                guard !part.isEmpty else { return }
                if let name, let id = part.firstRange(of: Data("master_replid:".utf8)) {
                    part.replaceSubrange(id.upperBound..<id.upperBound + name.utf8.count, with: Data(name.utf8))
                }
                try Sockets.sendAll(other, part)
            }
        }
    }
}
