import Foundation
import Glibc
import Synchronization

/// Passes the bytes of connections on to another port of 127.0.0.1, and counts the connections.
package final class TCPRelay: Sendable {
    /// Its port on 127.0.0.1.
    package let port: Int
    private let descriptor: CInt
    private let count = Atomic(0)

    /// How many connections it has accepted.
    package var accepted: Int { count.load(ordering: .relaxed) }

    package init(to target: Int) throws {
        descriptor = try Sockets.make(AF_INET)
        port = try Sockets.bindLoopback(descriptor)
        _ = try Sockets.check("listen", Int(listen(descriptor, 1_024)))
        let descriptor = descriptor
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                count.add(1, ordering: .relaxed)
                Thread.detachNewThread { try? Self.relay(connection, to: target) }
            }
            close(descriptor)
        }
    }

    deinit {
        shutdown(descriptor, CInt(SHUT_RDWR))
    }

    private static func relay(_ client: CInt, to target: Int) throws {
        defer { close(client) }
        let server = try Sockets.make(AF_INET)
        defer { close(server) }
        try Sockets.withLoopback(port: target) { _ = try Sockets.check("connect", Int(connect(server, $0, $1))) }
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
