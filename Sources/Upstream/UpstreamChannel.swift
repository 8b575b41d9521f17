import Glibc
import NIOCore
import NIOPosix

/// The channel of an open connection. On the event loop.
struct UpstreamChannel {
    private let channel: any Channel
    /// The socket, for questions to the kernel; nil if there is none (in tests). Used only while the channel is active: NIO
    /// closes the socket on this event loop, and only after it has made the channel inactive.
    private let socket: CInt?

    /// Puts the handler at the end of the channel's pipeline.
    init(_ channel: any Channel, handler: some ChannelInboundHandler) throws {
        self.channel = channel
        socket = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    /// Whether the peer has not closed. Its end-of-file may have reached the kernel but not this process, so the kernel
    /// is asked: a request that is written then is lost, and must not be sent again.
    var isEstablished: Bool {
        guard channel.isActive else { return false }
        guard let socket else { return true }
        // The first byte of `tcp_info` is the state. The kernel gives as many bytes as are asked for.
        return Self.option(TCP_INFO, of: CInt(IPPROTO_TCP), UInt8.self, socket) == UInt8(TCP_ESTABLISHED)
    }

    /// Whether the kernel holds bytes that have not been read: an answer that they begin would not be the call's.
    var hasUnreadBytes: Bool {
        guard let socket, channel.isActive else { return false }
        // The first number of SO_MEMINFO is the memory of the receive queue (linux/sock_diag.h, SK_MEMINFO_RMEM_ALLOC).
        return Self.option(SO_MEMINFO, of: SOL_SOCKET, CInt.self, socket).map { $0 != 0 } ?? false
    }

    /// The beginning of a socket option's value; nil if the kernel does not tell. Not by NIO's `getOption`, which takes ten
    /// times as long: both questions are asked before each call.
    private static func option<Value: FixedWidthInteger>(
        _ name: CInt,
        of level: CInt,
        _: Value.Type,
        _ socket: CInt
    ) -> Value? {
        var (value, size) = (Value.zero, socklen_t(MemoryLayout<Value>.size))
        return getsockopt(socket, level, name, &value, &size) == 0 ? value : nil
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
