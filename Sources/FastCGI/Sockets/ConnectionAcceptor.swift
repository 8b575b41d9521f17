import CLinux
import Glibc
import Logging
import NIOCore
import NIOPosix

/// Accepts the connections of a listening socket: each becomes a channel with a ``FastCGIConnection``.
///
/// NIO gets a duplicate of the descriptor, which it closes when it likes. So the socket itself stays ours: to accept
/// the rest of its queue at the end, and to go on after an error that NIO thinks is final.
final class ConnectionAcceptor: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long to wait for descriptors where nothing can be closed to make room.
    private static let pause = TimeAmount.milliseconds(50)
    /// Connections that are closed in a row to make room for one: other processes may take the freed descriptors.
    private static let maxTries = 8
    private static let shortage: Logger.Message = "cannot accept connections for now"

    private var listener: ListeningSocket?
    private let eventLoop: any EventLoop
    /// The listening one; another after NIO has given it up.
    private(set) var channel: (any Channel)?
    private weak var server: FastCGIServer?
    private var failures = 0

    init(_ listener: consuming ListeningSocket, eventLoop: any EventLoop) {
        self.listener = consume listener
        self.eventLoop = eventLoop
    }

    /// Accepts connections for the server from now on.
    func start(for server: FastCGIServer) throws(SystemCallError) {
        self.server = server
        guard let descriptor = listener?.descriptor else { return }
        let duplicate = try SystemCall.run("fcntl") { clinux_duplicate(descriptor) }
        let acceptor = NIOLoopBound(self, eventLoop: eventLoop)
        let initialize = initializer(for: server)
        ServerBootstrap(group: eventLoop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(acceptor.value)
                }
            }
            // Some at a time: clients that connect again as fast as they are answered would keep the loop from the others.
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer(initialize)
            .withBoundSocket(duplicate)
            .whenFailure { _ in acceptor.value.startAgain() }
        // NIO has asked for a queue of 128.
        listener?.lengthenQueue()
    }

    /// Closes the listener. Connections in its queue are accepted first; only the queue of a socket from the service
    /// manager is left for the next process.
    func stop(for server: FastCGIServer) {
        self.server = nil
        channel?.close(promise: nil)
        guard let descriptor = listener?.descriptor, let origin = listener?.origin else { return }
        switch origin {
        case .opened:
            // From here on connecting is refused, so the queue has an end.
            _ = Glibc.shutdown(descriptor, CInt(SHUT_RD))
            acceptRest(of: descriptor, atMost: .max, for: server)
        case .standardInput:
            // Other processes may have it too, and go on using it.
            acceptRest(of: descriptor, atMost: server.limits.maxInFlight, for: server)
        case .serviceManager:
            break
        }
        listener = nil
    }

    func handlerAdded(context: ChannelHandlerContext) { channel = context.channel }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        failures = 0
        context.fireChannelRead(data)
    }

    /// Where descriptors have run out, the connection stays in the queue, and is accepted at the next try.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failures += 1
        let error = (error as? IOError).map { SystemCallError("accept", $0.errnoCode) }
        guard let error, error.number != ECONNABORTED else { return }
        let hasRoom = server?.makeRoom(after: error, Self.shortage) == true
        guard !hasRoom || failures >= Self.maxTries else { return }
        let channel = NIOLoopBound(context.channel, eventLoop: eventLoop)
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.failures = 0
            try? channel.value.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    /// NIO has given the listener up.
    func channelInactive(context: ChannelHandlerContext) { startAgain() }

    private func startAgain() {
        eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            guard let server = self.server else { return }
            do throws(SystemCallError) {
                try self.start(for: server)
            } catch {
                _ = server.makeRoom(after: error, Self.shortage)
                self.startAgain()
            }
        }
    }

    private func acceptRest(of descriptor: CInt, atMost most: Int, for server: FastCGIServer) {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer(initializer(for: server))
        var accepted = 0
        while accepted < most, failures < Self.maxTries {
            do {
                let descriptor = try SystemCall.run("accept4") { clinux_accept_nonblocking(descriptor) }
                _ = bootstrap.withConnectedSocket(descriptor)
                accepted += 1
                failures = 0
            } catch {
                // Where one has gone there may be others after it.
                guard error.number != ECONNABORTED else { continue }
                guard error.isShortage, server.makeRoom(after: error, Self.shortage) else { return }
                failures += 1
            }
        }
    }

    private func initializer(for server: FastCGIServer) -> @Sendable (any Channel) -> EventLoopFuture<Void> {
        let server = NIOLoopBound(server, eventLoop: eventLoop)
        return { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(FastCGIConnection(server.value))
            }
        }
    }
}
