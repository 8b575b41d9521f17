import NIOCore
import NIOPosix

extension Channel {
    /// Whether the peer has not closed. Its end-of-file may have reached the kernel and not yet us, so the kernel is
    /// asked; a request that is written then is lost, and must not be sent again. On the event loop alone.
    var isEstablished: Bool {
        guard isActive else { return false }
        var isEstablished = true
        // Completes at once on the event loop.
        (self as? any SocketOptionProvider)?.getTCPInfo().assumeIsolated().whenSuccess { info in
            isEstablished = info.tcpi_state == UInt8(TCP_ESTABLISHED)
        }
        return isEstablished
    }
}
