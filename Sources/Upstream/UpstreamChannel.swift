import Glibc
import NIOCore
import NIOPosix

/// The channel of an open connection. On the event loop.
struct UpstreamChannel {
    private let channel: any Channel
    /// Tells the kernel's state of the connection; nil if there is no socket (in tests).
    private let socketOptions: (any NIOSynchronousChannelOptions)?

    /// Puts the handler at the end of the channel's pipeline.
    init(_ channel: any Channel, handler: some ChannelInboundHandler) throws {
        self.channel = channel
        socketOptions = channel is any SocketOptionProvider ? channel.syncOptions : nil
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    /// Whether the peer has not closed. Its end-of-file may have reached the kernel but not this process, so the kernel
    /// is asked: a request that is written then is lost, and must not be sent again.
    var isEstablished: Bool {
        guard channel.isActive else { return false }
        guard let socketOptions else { return true }
        guard let info = try? socketOptions.getOption(.tcpOption(.init(rawValue: TCP_INFO))) else { return false }
        // The first byte of `tcp_info` is the state. The kernel gives as many bytes as are asked for.
        return withUnsafeBytes(of: info) { $0[0] == UInt8(TCP_ESTABLISHED) }
    }

    /// Whether the kernel holds bytes that have not been read: an answer that they begin would not be the call's.
    var hasUnreadBytes: Bool {
        guard let socketOptions else { return false }
        // The first number of SO_MEMINFO is the memory of the receive queue (linux/sock_diag.h, SK_MEMINFO_RMEM_ALLOC).
        let memory = try? socketOptions.getOption(.socketOption(.init(rawValue: SO_MEMINFO)))
        return memory.map { withUnsafeBytes(of: $0) { $0.loadUnaligned(as: CInt.self) } != 0 } ?? false
    }

    /// Writes a request in one piece.
    ///
    /// - Parameter completion: gets whether the kernel has taken all of it.
    func write(_ request: ByteBuffer, completion: @escaping (Bool) -> Void) {
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            if case .success = result { completion(true) } else { completion(false) }
        }
        channel.pipeline.syncOperations.writeAndFlush(NIOAny(request), promise: written)
    }

    func close() { channel.close(promise: nil) }
}
