import NIOCore
import NIOHTTP1

/// Stands where NIO's request encoder would: the bytes of a request come whole, as its body, and are written once.
///
/// The head that is written before them is for NIO's decoder, which must know that an answer is due; it ends here.
final class RequestWriter: ChannelOutboundHandler {
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
