import NIOCore
import NIOPosix

extension NIOSynchronousChannelOptions {
    /// Whether a TCP socket's peer has not closed. Its end-of-file may have reached the kernel and not yet us, so the
    /// kernel is asked; a request that is written then is lost, and must not be sent again. On the event loop alone.
    var isEstablished: Bool {
        guard let info = try? getOption(.tcpOption(.init(rawValue: TCP_INFO))) else { return false }
        // The first byte of `tcp_info` is the state. The kernel gives as many bytes as are asked for.
        return withUnsafeBytes(of: info) { $0[0] == UInt8(TCP_ESTABLISHED) }
    }
}
