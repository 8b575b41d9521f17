import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The HTTP server around a sandbox.
struct SandboxServer: Sendable {
    /// Load tests open thousands of connections at once. The kernel lowers this to `net.core.somaxconn`.
    private static let backlog: Int32 = 4096

    let sandbox: Sandbox
    var host = "127.0.0.1"
    /// 0 for any free port.
    var port = 0
    /// For HTTPS; nil for plain HTTP.
    var tls: TLSConfiguration?
    var logger = Logger(label: "tiki-sandbox") { _ in SwiftLogNoOpLogHandler() }

    /// Serves until the task is cancelled. Calls `onListening` with the port once connections are accepted.
    func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let context = try self.tls.map(NIOSSLContext.init(configuration:))
        let (sandbox, logger, date) = (self.sandbox, self.logger, HTTPDate())
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(SandboxConnection(sandbox, date: date, logger: logger))
                }
            }
            .bind(host: self.host, port: self.port)
            .get()
        await onListening(server.localAddress?.port ?? 0)
        try await withTaskCancellationHandler {
            try await server.closeFuture.get()
        } onCancel: {
            server.close(promise: nil)
        }
    }
}
