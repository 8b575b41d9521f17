import NIOCore
import NIOPosix
import TestSupport

/// A server on a unix socket that answers each command by script, right or wrong.
final class FakeRedis: Sendable {
    /// A reaction to a command.
    enum Reaction: Sendable {
        case bytes(String)
        /// Sent some milliseconds apart.
        case pieces([String])
        /// Sends nothing.
        case silence
        case close
    }

    /// Gets the connection's number, from 1, and the command with its arguments.
    typealias Script = @Sendable (_ connection: Int, _ command: [String]) -> Reaction

    private let directory: ScratchDirectory
    private let listener: any Channel
    private let connections: Locked<Int>
    /// The URL of its socket.
    let url: String

    /// - Parameter greeting: sent first on each connection.
    init(greeting: String = "", script: @escaping Script) async throws {
        directory = try ScratchDirectory()
        let path = directory.path("fake.sock")
        url = "redis+unix://\(path)"
        let connections = Locked(0)
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                connections.change { $0 += 1 }
                let number = connections.value
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        CommandHandler(greeting: greeting) { script(number, $0) }
                    )
                }
            }
            .bind(unixDomainSocketPath: path).get()
        self.connections = connections
    }

    /// How many connections it has accepted.
    var accepted: Int { connections.value }

    deinit {
        listener.close(promise: nil)
    }
}

private final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let greeting: String
    private let react: ([String]) -> FakeRedis.Reaction
    private var text: Substring.UTF8View = Substring().utf8

    init(greeting: String, react: @escaping ([String]) -> FakeRedis.Reaction) {
        self.greeting = greeting
        self.react = react
    }

    func channelActive(context: ChannelHandlerContext) {
        if !greeting.isEmpty { context.channel.writeAndFlush(ByteBuffer(string: greeting), promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text = Substring(String(Substring(text)) + String(buffer: unwrapInboundIn(data))).utf8
        while let command = takeCommand() {
            switch react(command) {
            case .bytes(let bytes): context.channel.writeAndFlush(ByteBuffer(string: bytes), promise: nil)
            case .pieces(let pieces):
                let channel = context.channel
                for (index, piece) in pieces.enumerated() {
                    channel.eventLoop.scheduleTask(in: .milliseconds(3 * Int64(index))) {
                        channel.writeAndFlush(ByteBuffer(string: piece), promise: nil)
                    }
                }
            case .silence: break
            case .close: context.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Parses a command, which must be ASCII; nil if it is not complete.
    private func takeCommand() -> [String]? {
        var rest = Substring(text)
        func line() -> Substring? {
            guard let end = rest.firstRange(of: "\r\n") else { return nil }
            defer { rest = rest[end.upperBound...] }
            return rest[..<end.lowerBound]
        }
        guard let head = line(), let count = Int(head.dropFirst()) else { return nil }
        var arguments: [String] = []
        for _ in 0..<count {
            guard let head = line(), let length = Int(head.dropFirst()), rest.utf8.count >= length + 2 else {
                return nil
            }
            arguments.append(String(Substring(rest.utf8.prefix(length))))
            rest = Substring(rest.utf8.dropFirst(length + 2))
        }
        text = rest.utf8
        return arguments
    }
}
