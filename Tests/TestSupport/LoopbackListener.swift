import Foundation
import Glibc
import Synchronization

/// Listens on a port of 127.0.0.1 for as long as it lives, and serves each connection on its own thread.
package final class LoopbackListener: Sendable {
    package let port: Int
    private let descriptor: CInt
    private let count = Atomic(0)

    /// How many connections it has accepted.
    package var accepted: Int { count.load(ordering: .relaxed) }

    /// - Parameter port: 0 for a free one.
    package init(port: Int = 0) throws {
        descriptor = try Sockets.make(AF_INET)
        self.port = try Sockets.bindLoopback(descriptor, port: port)
        _ = try Sockets.check("listen", Int(listen(descriptor, 1_024)))
    }

    /// Accepts connections from now on.
    ///
    /// - Parameter body: gets a connection, which it must close, and its number, counted from 0.
    package func serve(_ body: @escaping @Sendable (CInt, Int) -> Void) {
        // The thread must not keep this object alive: closing the socket is what ends the thread.
        let descriptor = descriptor
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                let number = count.add(1, ordering: .relaxed).oldValue
                Thread.detachNewThread { body(connection, number) }
            }
            close(descriptor)
        }
    }

    deinit {
        shutdown(descriptor, CInt(SHUT_RDWR))
    }
}
