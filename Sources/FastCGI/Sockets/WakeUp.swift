import CLinux
import Glibc

/// Wakes the responder's thread from any other (eventfd). Safe to signal at any time while the value lives.
struct WakeUp: ~Copyable, Sendable {
    let descriptor: CInt

    init() throws(SystemCallError) {
        descriptor = try SystemCall.run("eventfd") { eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC)) }
    }

    deinit {
        SystemCall.close(descriptor)
    }

    /// Makes an edge-triggered poll return once. Its counter is never read: every write is a new edge.
    func signal() {
        _ = eventfd_write(descriptor, 1)
    }
}
