import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// Opens connections to one server: looks the name up, connects over TCP, then does the TLS handshake.
package struct Connector: Sendable {
    private let host: String
    private let port: Int
    private let names: NIOLoopBoundBox<HostAddresses>
    private var tls: NIOSSLContext?
    private let eventLoop: any EventLoop
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - host: a name or an IP address, an IPv6 address without its brackets.
    ///   - trust: for TLS; nil for connections without TLS.
    ///   - timeout: for name lookup, TCP and TLS together.
    package init(
        host: String,
        port: Int,
        trust: TrustedCertificates?,
        timeout: TimeAmount,
        eventLoop: any EventLoop
    ) {
        precondition(trust == nil || trust?.context != nil, "certificates that were not read for TLS")
        self.host = host
        self.port = port
        self.timeout = timeout
        self.eventLoop = eventLoop
        tls = trust?.context
        names = .makeBoxSendingValue(
            HostAddresses(host: host, port: port, timeout: timeout, eventLoop: eventLoop),
            eventLoop: eventLoop
        )
    }

    /// A copy with other trusted certificates. It shares what is known about the name.
    package func trusting(_ trust: TrustedCertificates?) -> Connector {
        var copy = self
        copy.tls = trust?.context
        return copy
    }

    /// Cancels a name lookup that is in progress. On the event loop.
    package func close() { names.value.close() }

    /// Opens a channel, completes its TLS handshake and verifies the peer's certificate. Fails with ``ConnectFailure``.
    package func connect() -> EventLoopFuture<any Channel> {
        // On the event loop, so that TLS is in place before the server's first byte arrives.
        eventLoop.inEventLoop ? open() : eventLoop.flatSubmit { open() }
    }

    private func open() -> EventLoopFuture<any Channel> {
        let deadline = NIODeadline.now() + timeout
        let resolver = names.value.ask(until: deadline).resolver(on: eventLoop)
        // Happy eyeballs (RFC 8305) if the name has addresses of both families.
        return ClientBootstrap(group: eventLoop)
            .resolver(resolver)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port)
            .flatMapErrorThrowing { throw failure($0, resolver) }
            .flatMap { channel in
                guard let tls else { return channel.eventLoop.makeSucceededFuture(channel) }
                return handshake(on: channel, tls, until: deadline).map { channel }
            }
    }

    private func failure(_ error: any Error, _ resolver: NameResolver) -> ConnectFailure {
        if case ChannelError.connectTimeout = error, !resolver.hasAddress {
            return ConnectFailure(.timedOut, name: host)
        }
        return ConnectFailure(error, timeout: timeout)
    }

    private func handshake(
        on channel: any Channel,
        _ context: NIOSSLContext,
        until deadline: NIODeadline
    ) -> EventLoopFuture<Void> {
        let done = channel.eventLoop.makePromise(of: Void.self)
        do {
            let name = ServerIdentity.serverName(of: host)
            let handler = try NIOSSLClientHandler(context: context, serverHostname: name)
            try channel.pipeline.syncOperations.addHandlers(
                handler,
                HandshakeObserver(handler, name: name, timeout: timeout, done)
            )
        } catch {
            channel.close(promise: nil)
            done.fail(ConnectFailure(error, timeout: timeout))
        }
        let timer = channel.eventLoop.scheduleTask(deadline: deadline) {
            done.fail(ConnectFailure(ChannelError.connectTimeout(timeout), timeout: timeout))
            channel.close(promise: nil)
        }
        let address = channel.remoteAddress?.text
        return done.futureResult.always { _ in timer.cancel() }.flatMapErrorThrowing { error in
            var failure = ConnectFailure(error, timeout: timeout)
            failure.address = address
            throw failure
        }
    }
}

/// Reports how a TLS handshake ended, and leaves the pipeline if it succeeded.
private final class HandshakeObserver: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let handler: NIOSSLClientHandler
    /// The name that the certificate must be for; nil if it must be for the address.
    private let name: String?
    private let timeout: TimeAmount
    private let done: EventLoopPromise<Void>

    init(_ handler: NIOSSLClientHandler, name: String?, timeout: TimeAmount, _ done: EventLoopPromise<Void>) {
        self.handler = handler
        self.name = name
        self.timeout = timeout
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            if let name, handler.peerCertificate.map({ ServerIdentity.matches(name, $0) }) != true {
                done.fail(ConnectFailure(.certificateWrongName, "the certificate is for another name"))
                return context.close(promise: nil)
            }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            done.succeed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(ConnectFailure(error, timeout: timeout, certificate: handler.peerCertificate))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ConnectFailure(ChannelError.eof, timeout: timeout))
        context.fireChannelInactive()
    }
}
