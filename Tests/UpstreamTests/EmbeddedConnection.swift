import NIOCore
import NIOEmbedded
import Testing
import Text

@testable import Upstream

/// A connection on a channel without a socket, with a record of what it tells its owner.
final class EmbeddedConnection: UpstreamConnectionOwner {
    let channel: EmbeddedChannel
    private let timers: CoarseTimers
    private(set) var kinds: [ConnectionCounts.Kind?] = []
    private(set) var freed = 0
    private var hasAnswered = false
    /// Whether each end was a failure.
    private(set) var ends: [Bool] = []
    private(set) var sentAgain: [UpstreamCall] = []
    private(set) var outcomes: [UpstreamCall.Outcome] = []
    private(set) lazy var connection = UpstreamConnection(
        owner: self,
        isWarm: false,
        maxAnswerBytes: 100,
        timers: timers
    )

    /// - Parameter handlers: the handlers between the socket and HTTP.
    init(_ handlers: [any ChannelHandler & Sendable] = []) throws {
        channel = EmbeddedChannel(handlers: handlers)
        timers = CoarseTimers(eventLoop: channel.eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try connection.open(on: channel)
    }

    /// Sends a call. Tells whether its bytes may have been sent.
    @discardableResult
    func send(isRepeatable: Bool, deadline: TimeAmount? = nil) throws -> Bool {
        let call = UpstreamCall(isRepeatable: isRepeatable) { _ in
            ByteBuffer(string: "POST /path HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
        } completion: {
            self.outcomes.append($0)
        }
        if let deadline { call.expire(at: channel.embeddedEventLoop.now + deadline, by: timers) }
        return connection.send(call, at: 1_000, connection.peerState)
    }

    /// Takes what was written off the channel, as text.
    func written() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        return text
    }

    func receive(_ text: String) {
        // The connection, at the end of the pipeline, gets any error.
        _ = try? channel.writeInbound(ByteBuffer(string: text))
        settle()
    }

    /// Does what the pool does one turn of the event loop after an answer.
    func settle() {
        guard hasAnswered else { return }
        hasAnswered = false
        if connection.settle() { freed += 1 }
    }

    /// The failure of the only call that has ended.
    var failure: UpstreamFailure? {
        if case .failure(let failure)? = outcomes.first?.result, outcomes.count == 1 { failure } else { nil }
    }

    /// The answer to the only call that has ended.
    var answer: HTTPResponse? { outcomes.count == 1 ? try? outcomes[0].result.get() : nil }

    func connection(
        _ connection: UpstreamConnection,
        movedFrom old: ConnectionCounts.Kind?,
        to new: ConnectionCounts.Kind?
    ) {
        #expect((kinds.last ?? nil) == old)
        kinds.append(new)
    }

    func connectionHasAnswered(_ connection: UpstreamConnection) { hasAnswered = true }
    func connectionEnded(_ connection: UpstreamConnection, _ cause: UpstreamConnection.EndCause) {
        ends.append(cause == .failed)
    }
    func sendAgain(_ call: UpstreamCall) { sentAgain.append(call) }
}
