import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// The channel of an open connection, with HTTP/1.1 in its pipeline: requests are written as bytes, answers are decoded
/// for the handler at its end. On the event loop.
struct UpstreamChannel {
    /// Announces a request to the decoder, which looks only at the method.
    private static let anyPost = HTTPRequestHead(version: .http1_1, method: .POST, uri: "")

    private let channel: any Channel
    /// Tells the kernel's state of the connection; nil if there is no socket (in tests).
    private let socketOptions: (any NIOSynchronousChannelOptions)?

    /// Puts the HTTP handlers, and after them the one given, into the channel's pipeline.
    init(_ channel: any Channel, handler: some ChannelInboundHandler) throws {
        self.channel = channel
        socketOptions = channel is any SocketOptionProvider ? channel.syncOptions : nil
        try channel.pipeline.syncOperations.addHandler(RequestWriter())
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
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

    /// Writes a request in one piece.
    ///
    /// - Parameter onFailure: called if that fails.
    func write(_ request: ByteBuffer, onFailure: @escaping () -> Void) {
        let pipeline = channel.pipeline.syncOperations
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenFailure { _ in onFailure() }
        pipeline.write(NIOAny(HTTPClientRequestPart.head(Self.anyPost)), promise: nil)
        pipeline.writeAndFlush(NIOAny(HTTPClientRequestPart.body(.byteBuffer(request))), promise: written)
    }

    func close() { channel.close(promise: nil) }
}

/// Takes the place of NIO's request encoder: a request arrives whole, as its body, and is written once.
///
/// The head that is written before it only tells NIO's decoder that an answer is due; it ends here.
private final class RequestWriter: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .body(.byteBuffer(let bytes)) = unwrapOutboundIn(data) {
            context.write(wrapOutboundOut(bytes), promise: promise)
        } else {
            promise?.succeed()
        }
    }
}
