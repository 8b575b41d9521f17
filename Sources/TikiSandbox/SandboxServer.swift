import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// The HTTP server around a sandbox.
///
/// Uses Hummingbird's server without its `Application`, which sets the `Date` header after every handler (the clock
/// offset must shift it), and turns a handler's error into an answer (a scripted cut must close the connection).
struct SandboxServer: Sendable {
    /// Load tests open thousands of connections at once. The kernel lowers this to `net.core.somaxconn`.
    private static let backlog = 4096

    let sandbox: Sandbox
    var host = "127.0.0.1"
    /// 0 for any free port.
    var port = 0
    /// For HTTPS; nil for plain HTTP.
    var tls: TLSConfiguration?
    var logger = Logger(label: "tiki-sandbox") { _ in SwiftLogNoOpLogHandler() }

    /// Serves until the task is cancelled. Calls `onListening` with the port once connections are accepted.
    func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let responder = SandboxResponder(sandbox: self.sandbox, logger: self.logger)
        let date = HTTPDate()
        let clock = self.sandbox.settings.clock
        let http = HTTPServerBuilder.http1(configuration: .init(additionalChannelHandlers: [ClosesWithPeer()]))
        let builder = try self.tls.map { try HTTPServerBuilder.tls(http, tlsConfiguration: $0) } ?? http
        let server = try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(self.host, port: self.port),
                backlog: Self.backlog
            ),
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup,
            logger: self.logger,
            responder: { request, writer, channel in
                var response = try await responder.respond(to: request, on: channel)
                response.headers[.date] = date.text(milliseconds: clock.now)
                let closes = response.headers[.connection] == "close"
                try await writer.write(response: response.head, body: response.body)
                if closes {
                    try await RawBytes.drain(channel)
                    throw Disconnect()
                }
            },
            onServerRunning: { channel in
                await onListening(channel.localAddress?.port ?? 0)
            }
        )
        try await server.run()
    }
}
