import Glibc

/// A port of 127.0.0.1 that nothing listens on, and that the kernel assigns to nobody else while this lives.
///
/// A server can listen on it by number with `SO_REUSEADDR`, as servers do: the kernel refuses only a second listener.
package final class ReservedPort: Sendable {
    private let descriptor: CInt
    package let port: Int

    package init() throws {
        descriptor = try Sockets.make(AF_INET)
        port = try Sockets.bindLoopback(descriptor)
        try Sockets.allowReuse(descriptor)
    }

    deinit {
        close(descriptor)
    }
}

/// A unix socket that accepts connections in the kernel's queue and never sends anything. Also serves as the socket
/// that systemd would pass on.
package final class UnixListener: Sendable {
    package let descriptor: CInt
    package let path: String

    /// - Parameter backlog: how many connections may wait to be accepted.
    package init(path: String, backlog: CInt = 128) throws {
        self.path = path
        descriptor = try Sockets.make(AF_UNIX)
        try Sockets.withUnixAddress(path) { _ = try Sockets.check("bind", Int(bind(descriptor, $0, $1))) }
        _ = try Sockets.check("listen", Int(listen(descriptor, backlog)))
    }

    deinit {
        close(descriptor)
    }
}
