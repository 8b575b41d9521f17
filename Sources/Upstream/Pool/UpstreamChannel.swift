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

    /// What the kernel knows of the peer.
    enum PeerState {
        case quiet
        /// Bytes have arrived that have not been read: an answer that they begin would not be the next call's.
        case hasSentBytes
        /// It has closed: a request that is written now is lost, and must not be sent again.
        case hasClosed
    }

    /// Asks the kernel: bytes and an end-of-file may have reached it but not this process.
    var peerState: PeerState {
        guard channel.isActive else { return .hasClosed }
        guard let socket else { return .quiet }
        // POLLRDHUP (poll(2)), which Swift's Glibc leaves out.
        let end: Int16 = 0x2000
        var entry = pollfd(fd: socket, events: Int16(POLLIN) | end, revents: 0)
        guard poll(&entry, 1, 0) > 0 else { return .quiet }
        return entry.revents & (end | Int16(POLLHUP | POLLERR)) == 0 ? .hasSentBytes : .hasClosed
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
