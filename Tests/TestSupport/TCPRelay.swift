import Foundation
import Glibc

/// Relays connections to another port of 127.0.0.1, and counts them.
package final class TCPRelay: Sendable {
    private let listener: LoopbackListener

    /// Its port on 127.0.0.1.
    package var port: Int { listener.port }
    /// How many connections it has accepted.
    package var accepted: Int { listener.accepted }

    package init(to target: Int) throws {
        listener = try LoopbackListener()
        listener.serve { client, _ in try? Self.relay(client, to: target) }
    }

    private static func relay(_ client: CInt, to target: Int) throws {
        defer { close(client) }
        let server = try Sockets.connect(port: target)
        defer { close(server) }
        var polled = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while poll(&polled, 2, -1) > 0 {
            for (index, other) in [server, client].enumerated() where polled[index].revents != 0 {
                let part = try Sockets.receive(polled[index].fd)
                guard !part.isEmpty else { return }
                try Sockets.sendAll(other, part)
            }
        }
    }
}
