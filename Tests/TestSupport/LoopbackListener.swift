import Foundation
import Glibc
import Synchronization

/// Listens on a free port of 127.0.0.1 for as long as it lives, and serves each connection on a thread of its own.
final class LoopbackListener: Sendable {
    /// Its port.
    let port: Int
    private let descriptor: CInt
    private let count = Atomic(0)

    /// How many connections it has accepted.
    var accepted: Int { count.load(ordering: .relaxed) }

    /// - Parameter serve: gets a connection, and closes it.
    init(serve: @escaping @Sendable (CInt) -> Void) throws {
        descriptor = try Sockets.make(AF_INET)
        port = try Sockets.bindLoopback(descriptor)
        _ = try Sockets.check("listen", Int(listen(descriptor, 1_024)))
        // The thread must not keep this alive: closing the socket ends the thread.
        let descriptor = descriptor
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                count.add(1, ordering: .relaxed)
                Thread.detachNewThread { serve(connection) }
            }
            close(descriptor)
        }
    }

    deinit {
        shutdown(descriptor, CInt(SHUT_RDWR))
    }
}
