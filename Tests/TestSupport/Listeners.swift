import Glibc

/// A port of 127.0.0.1 on which nobody listens, and that nobody is given by chance, as long as this lives.
///
/// Who names it and sets `SO_REUSEADDR`, as servers do, may listen on it: the kernel minds only a second listener.
package final class ReservedPort: Sendable {
    private let descriptor: CInt
    /// Its number.
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

/// A unix socket that accepts connections in the kernel's queue and never says anything. Also what systemd would hand
/// over.
package final class UnixListener: Sendable {
    /// The listening socket.
    package let descriptor: CInt
    /// Where it listens.
    package let path: String

    /// - Parameter backlog: connections that may wait to be accepted.
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
