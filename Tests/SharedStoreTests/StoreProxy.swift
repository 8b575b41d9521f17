import Glibc
import TestSupport

/// Relays connections to a store. What is sent to the store takes some time.
final class StoreProxy: Sendable {
    private let listener: LoopbackListener

    var url: String { "redis://127.0.0.1:\(listener.port)" }

    init(_ server: RedisServer, delay: Duration) throws {
        listener = try LoopbackListener()
        listener.serve { client in try? Self.relay(client, to: server.path, delay) }
    }

    private static func relay(_ client: CInt, to path: String, _ delay: Duration) throws {
        defer { close(client) }
        let server = try Sockets.connect(path: path)
        defer { close(server) }
        var polled = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while poll(&polled, 2, -1) > 0 {
            for (index, other) in [server, client].enumerated() where polled[index].revents != 0 {
                if other == server { usleep(UInt32(delay / .microseconds(1))) }
                let part = try Sockets.receive(polled[index].fd)
                guard !part.isEmpty else { return }
                try Sockets.sendAll(other, part)
            }
        }
    }
}
