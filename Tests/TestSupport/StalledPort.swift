import Glibc

/// A port of 127.0.0.1 that neither accepts nor refuses: its queue is full, and the kernel drops further connections.
package final class StalledPort: Sendable {
    private let listener: CInt
    private let queued: [CInt]
    package let port: Int

    package init() throws {
        listener = try Sockets.make(AF_INET)
        let port = try Sockets.bindLoopback(listener)
        self.port = port
        _ = try Sockets.check("listen", Int(listen(listener, 0)))
        queued = try (0..<4).map { _ in
            let descriptor = try Sockets.make(AF_INET)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            // Some of these never get through, either.
            Sockets.withLoopback(port: port) { _ = connect(descriptor, $0, $1) }
            return descriptor
        }
    }

    deinit {
        for descriptor in queued + [listener] { close(descriptor) }
    }
}
