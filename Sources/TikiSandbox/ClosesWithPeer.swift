import NIOCore

/// Closes a connection as soon as the peer has closed its side.
///
/// Hummingbird lets a peer close only its sending side and go on reading. A call that is never answered would then not
/// notice that its caller has gone, and would hold the connection until the sandbox stops.
final class ClosesWithPeer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    func handlerAdded(context: ChannelHandlerContext) {
        context.channel.setOption(.allowRemoteHalfClosure, value: false).whenFailure { _ in }
    }
}
