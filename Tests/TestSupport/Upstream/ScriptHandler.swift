import NIOCore

/// Parses requests, and plays the reactions.
final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: Int
    private let greeting: String
    private let react: ScriptedServer.Script
    private var text = ""

    init(connection: Int, greeting: String, react: @escaping ScriptedServer.Script) {
        self.connection = connection
        self.greeting = greeting
        self.react = react
    }

    func channelActive(context: ChannelHandlerContext) {
        if !greeting.isEmpty { context.channel.writeAndFlush(ByteBuffer(string: greeting), promise: nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        while let request = takeRequest() {
            let reaction = react(request)
            let channel = context.channel
            if let gate = reaction.gate {
                gate.whenOpen { channel.eventLoop.execute { Self.play(reaction, on: channel) } }
            } else {
                Self.play(reaction, on: channel)
            }
        }
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

    /// Sends the pieces some milliseconds apart, so that they arrive separately.
    private static func play(_ reaction: ScriptedServer.Reaction, on channel: any Channel) {
        var time = reaction.delay
        for piece in reaction.pieces {
            channel.eventLoop.scheduleTask(in: time) {
                channel.writeAndFlush(ByteBuffer(string: piece), promise: nil)
            }
            time = time + .milliseconds(3)
        }
        if reaction.closes { channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) } }
    }
}
