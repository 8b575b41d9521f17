import NIOCore
import NIOSSL

/// Writes bytes past the HTTP encoder, straight to the socket or, with TLS, into the encrypted stream.
enum RawBytes {
    /// Returns once the bytes are on their way, so that closing the connection comes after them.
    static func send(_ text: String, on channel: any Channel) async throws {
        try await channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let writer = Writer(bytes: ByteBuffer(string: text))
            if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
                try pipeline.addHandler(writer, position: .after(tls))
            } else {
                try pipeline.addHandler(writer, position: .first)
            }
        }.get()
    }

    /// A handler on the socket's side of the encoder; writes as soon as it is in place and lets all else pass.
    private final class Writer: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let bytes: ByteBuffer

        init(bytes: ByteBuffer) {
            self.bytes = bytes
        }

        func handlerAdded(context: ChannelHandlerContext) {
            context.writeAndFlush(self.wrapOutboundOut(self.bytes), promise: nil)
        }
    }
}
