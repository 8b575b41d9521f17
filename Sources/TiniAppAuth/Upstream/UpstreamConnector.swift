import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS

/// Opens connections to one origin, one step after the other: name and TCP, TLS, HTTP/1.1.
package struct UpstreamConnector: Sendable {
    private let origin: UpstreamURL.Origin
    private let tls: NIOSSLContext?
    private let eventLoop: any EventLoop
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - origin: where to connect.
    ///   - caFile: trusted certificates (PEM) in place of the system's.
    ///   - timeout: for TCP, and again for TLS.
    ///   - eventLoop: where the connections live.
    /// - Throws: NIOSSL's error if the trusted certificates cannot be read.
    package init(
        origin: UpstreamURL.Origin,
        caFile: String?,
        timeout: TimeAmount,
        eventLoop: any EventLoop
    ) throws {
        self.origin = origin
        self.timeout = timeout
        self.eventLoop = eventLoop
        tls = origin.usesTLS ? try NIOSSLContext(configuration: Self.tlsConfiguration(caFile: caFile)) : nil
    }

    private static func tlsConfiguration(caFile: String?) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let caFile { configuration.trustRoots = .file(caFile) }
        return configuration
    }

    /// Opens a channel, its TLS handshake done, its peer's certificate verified.
    package func connect() -> EventLoopFuture<any Channel> {
        // Happy eyeballs (RFC 8305) where the name has addresses of both families.
        ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: origin.host, port: origin.port)
            .flatMap { channel in
                guard let tls else { return channel.eventLoop.makeSucceededFuture(channel) }
                return handshake(on: channel, tls).map { channel }
            }
    }

    private func handshake(on channel: any Channel, _ context: NIOSSLContext) -> EventLoopFuture<Void> {
        let done = channel.eventLoop.makePromise(of: Void.self)
        do {
            // RFC 6066 section 3: no address in the server name. The certificate is then checked for the address.
            let name = HostText.isAddress(origin.host) ? nil : origin.host
            try channel.pipeline.syncOperations.addHandlers(
                NIOSSLClientHandler(context: context, serverHostname: name),
                HandshakeObserver(done)
            )
        } catch {
            channel.close(promise: nil)
            done.fail(error)
        }
        let timer = channel.eventLoop.scheduleTask(in: timeout) {
            channel.close(promise: nil)
            done.fail(ChannelError.connectTimeout(timeout))
        }
        done.futureResult.whenComplete { _ in timer.cancel() }
        return done.futureResult
    }
}

/// Tells when a TLS handshake has ended, and leaves the pipeline.
private final class HandshakeObserver: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let done: EventLoopPromise<Void>

    init(_ done: EventLoopPromise<Void>) {
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            done.succeed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
