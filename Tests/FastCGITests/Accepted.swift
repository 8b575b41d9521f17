import CLinux
import Glibc

/// A connection taken from a listener's queue, for tests that need one outside of a server.
final class Accepted {
    let descriptor: CInt

    /// - Returns: nil if none is waiting.
    init?(_ listener: CInt) {
        descriptor = clinux_accept_nonblocking(listener)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }
}
