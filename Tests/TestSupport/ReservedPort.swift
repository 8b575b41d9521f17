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
