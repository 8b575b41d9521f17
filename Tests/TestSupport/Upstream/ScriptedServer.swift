import NIOCore
import NIOPosix
import NIOSSL

/// A server on the loopback that answers each complete request with bytes from a script, right or wrong.
package final class ScriptedServer: Sendable {
    /// A request as received.
    package struct Request: Sendable {
        /// The connection's number, from 1.
        package let connection: Int
        package let line: String
        package let fields: [String: String]
        package let body: String
    }

    /// A reaction to a request.
    package struct Reaction: Sendable {
        package var pieces: [String] = []
        package var closes = false
        package var delay = TimeAmount.zero
        /// Nothing is sent before this is open.
        package var gate: Gate?

        /// Sends nothing and keeps the connection.
        package static let silence = Reaction()
        package static let hangUp = Reaction(closes: true)

        package static func raw(_ pieces: String..., closes: Bool = false) -> Reaction {
            Reaction(pieces: pieces, closes: closes)
        }

        package static func json(_ body: String = "{}", status: String = "200 OK", fields: String = "") -> Reaction {
            raw(text(body, status: status, fields: fields))
        }

        package static func text(_ body: String = "{}", status: String = "200 OK", fields: String = "") -> String {
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
        }

        package func after(_ delay: TimeAmount) -> Reaction {
            Reaction(pieces: pieces, closes: closes, delay: delay)
        }

        package func after(_ gate: Gate) -> Reaction {
            Reaction(pieces: pieces, closes: closes, gate: gate)
        }
    }

    package typealias Script = @Sendable (Request) -> Reaction

    private struct State {
        var accepted = 0
        var requests: [Request] = []
        var open: [any Channel] = []
    }

    package let port: Int
    private let listener: any Channel
    private let state: Locked<State>

    /// - Parameters:
    ///   - port: where it listens; 0 for any.
    ///   - closesAtOnce: whether it closes connections as soon as they are open.
    ///   - greeting: sent first on each connection.
    ///   - tls: its identity, if it speaks TLS.
    package init(
        group: any EventLoopGroup,
        port: Int = 0,
        closesAtOnce: Bool = false,
        greeting: String = "",
        tls: NIOSSLContext? = nil,
        script: @escaping Script
    ) async throws {
        let state = Locked(State())
        listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = state.change { state in
                    state.accepted += 1
                    state.open.append(channel)
                    return state.accepted
                }
                if closesAtOnce { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptHandler(connection: number, greeting: greeting) { request in
                            state.change { $0.requests.append(request) }
                            return script(request)
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.port = listener.localAddress?.port ?? 0
        self.state = state
    }

    package var acceptedCount: Int { state.value.accepted }
    package var requests: [Request] { state.value.requests }

    /// The accepted channels, for tests that disturb them.
    package var channels: [any Channel] { state.value.open }

    package func stop() async throws {
        try await listener.close()
    }
}
