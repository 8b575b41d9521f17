import NIOCore
import NIOPosix
import Synchronization

/// A server on the loopback that answers each whole request with bytes from a script, right or wrong.
final class ScriptedServer: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        /// The connection's number, from 1.
        let connection: Int
        let line: String
        let fields: [String: String]
        let body: String
    }

    /// What the server does when a request has arrived.
    struct Reaction: Sendable {
        var pieces: [String] = []
        var closes = false
        var delay = TimeAmount.zero

        /// Says nothing and keeps the connection.
        static let silence = Reaction()
        static let hangUp = Reaction(closes: true)

        static func raw(_ pieces: String..., closes: Bool = false) -> Reaction {
            Reaction(pieces: pieces, closes: closes)
        }

        static func json(_ body: String = "{}", status: String = "200 OK", fields: String = "") -> Reaction {
            raw(text(body, status: status, fields: fields))
        }

        static func text(_ body: String = "{}", status: String = "200 OK", fields: String = "") -> String {
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
        }

        func after(_ delay: TimeAmount) -> Reaction {
            Reaction(pieces: pieces, closes: closes, delay: delay)
        }
    }

    typealias Script = @Sendable (Request) -> Reaction

    private struct State {
        var accepted = 0
        var requests: [Request] = []
        var open: [any Channel] = []
    }

    let port: Int
    private let listener: any Channel
    private let state: StateBox

    private final class StateBox: Sendable {
        let mutex = Mutex(State())
    }

    /// - Parameter closesAtOnce: whether connections are closed as soon as they are there.
    init(group: any EventLoopGroup, closesAtOnce: Bool = false, script: @escaping Script) async throws {
        let state = StateBox()
        listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = state.mutex.withLock { state in
                    state.accepted += 1
                    state.open.append(channel)
                    return state.accepted
                }
                if closesAtOnce { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptHandler(connection: number) { request in
                            state.mutex.withLock { $0.requests.append(request) }
                            return script(request)
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress?.port ?? 0
        self.state = state
    }

    var acceptedCount: Int { state.mutex.withLock { $0.accepted } }
    var requests: [Request] { state.mutex.withLock { $0.requests } }

    /// The channels that have been accepted, for mischief.
    var channels: [any Channel] { state.mutex.withLock { $0.open } }

    func stop() async throws {
        try await listener.close()
    }
}

/// Takes requests apart, and plays the reactions.
private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: Int
    private let react: ScriptedServer.Script
    private var text = ""

    init(connection: Int, react: @escaping ScriptedServer.Script) {
        self.connection = connection
        self.react = react
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        while let request = takeRequest() { play(react(request), on: context.channel) }
    }

    private func takeRequest() -> ScriptedServer.Request? {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let lines = parts[0].split(separator: "\r\n").map(String.init)
        let fields = lines.dropFirst().map { $0.split(separator: ": ", maxSplits: 1).map(String.init) }
        let byName = Dictionary(fields.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { "\($0), \($1)" }
        let length = byName["Content-Length"].flatMap(Int.init) ?? 0
        guard parts[1].utf8.count >= length else { return nil }
        let body = String(decoding: parts[1].utf8.prefix(length), as: UTF8.self)
        text = String(decoding: parts[1].utf8.dropFirst(length), as: UTF8.self)
        return ScriptedServer.Request(connection: connection, line: lines[0], fields: byName, body: body)
    }

    /// One piece after the other, some milliseconds apart, so that they arrive as pieces.
    private func play(_ reaction: ScriptedServer.Reaction, on channel: any Channel) {
        var time = reaction.delay
        for piece in reaction.pieces {
            channel.eventLoop.scheduleTask(in: time) { channel.writeAndFlush(ByteBuffer(string: piece), promise: nil) }
            time = time + .milliseconds(3)
        }
        if reaction.closes { channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) } }
    }
}
