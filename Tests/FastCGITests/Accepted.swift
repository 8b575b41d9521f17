import Glibc

@testable import FastCGI

/// A connection taken from a listener's queue, for tests that need one outside of a responder.
final class Accepted {
    private var socket: ConnectedSocket?

    init?(_ listener: CInt) {
        do {
            socket = try ConnectedSocket.accept(from: listener)
        } catch {
            return nil
        }
        if socket == nil { return nil }
    }

    /// Returns the connection; can be called once.
    func take() throws -> ConnectedSocket {
        guard let socket = socket.take() else { throw SystemCallError("accept4", EAGAIN) }
        return socket
    }
}
