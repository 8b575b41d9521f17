import NIOCore
import NIOSSL

/// Writes bytes past the HTTP encoder.
enum RawBytes {
    /// Sends bytes to the peer, encrypted if TLS is in use. Returns once the socket has taken them.
    static func send(_ text: String, on channel: any Channel) async throws {
        try await self.write(ByteBuffer(string: text), on: channel) { pipeline in
            (try? pipeline.handler(type: NIOSSLServerHandler.self)).map { .after($0) } ?? .first
        }
    }

    /// Returns once the socket has taken everything written before. Closing a connection drops what it has not taken
    /// yet, which a slow reader would see as a cut.
    static func drain(_ channel: any Channel) async throws {
        // Writes finish in order, so when an empty one at the socket's end is done, so are the others.
        try await self.write(ByteBuffer(), on: channel) { _ in .first }
    }

    private static func write(
        _ bytes: ByteBuffer,
        on channel: any Channel,
        at position:
            @escaping @Sendable (ChannelPipeline.SynchronousOperations) ->
            ChannelPipeline.SynchronousOperations.Position
    ) async throws {
        try await channel.eventLoop.flatSubmit {
            let written = channel.eventLoop.makePromise(of: Void.self)
            let pipeline = channel.pipeline.syncOperations
            do {
                try pipeline.addHandler(Writer(bytes: bytes, written: written), position: position(pipeline))
            } catch {
                written.fail(error)
            }
            return written.futureResult
        }.get()
    }

    /// A handler on the socket's side of the encoder. Writes as soon as it is in place, passes everything else through,
    /// and is used shortly before the connection is closed.
    private final class Writer: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let bytes: ByteBuffer
        private let written: EventLoopPromise<Void>

        init(bytes: ByteBuffer, written: EventLoopPromise<Void>) {
            self.bytes = bytes
            self.written = written
        }

        func handlerAdded(context: ChannelHandlerContext) {
            context.writeAndFlush(self.wrapOutboundOut(self.bytes), promise: self.written)
        }
    }
}
