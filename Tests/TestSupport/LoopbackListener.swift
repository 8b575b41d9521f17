import Foundation
import Glibc

/// Listens on a port of 127.0.0.1 for as long as it lives, and serves each connection on its own thread.
package final class LoopbackListener: Sendable {
    package let port: Int
    private let descriptor: CInt

    package init() throws {
        descriptor = try Sockets.make(AF_INET)
        port = try Sockets.bindLoopback(descriptor)
        _ = try Sockets.check("listen", Int(listen(descriptor, 1_024)))
    }

    /// Accepts connections from now on.
    ///
    /// - Parameter body: gets a connection, which it must close.
    package func serve(_ body: @escaping @Sendable (CInt) -> Void) {
        // The thread must not keep this object alive: closing the socket is what ends the thread.
        let descriptor = descriptor
        Thread.detachNewThread {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                Thread.detachNewThread { body(connection) }
            }
            close(descriptor)
        }
    }

    deinit {
        shutdown(descriptor, CInt(SHUT_RDWR))
    }
}
