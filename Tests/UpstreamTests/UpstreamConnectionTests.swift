import NIOCore
import NIOEmbedded
import Testing

@testable import Upstream

/// The connection's handler on a channel without a socket, with every fault in every state.
struct UpstreamConnectionTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    struct Reset: Error {}

    @Test("Successive calls are written and answered, and free the connection again")
    func calls() throws {
        let embedded = try EmbeddedConnection()
        for number in 1...3 {
            #expect(try embedded.send(isRepeatable: false))
            #expect(try embedded.written() == "POST /path HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
            embedded.receive(Self.ok)
            #expect(embedded.outcomes.count == number)
            #expect(embedded.freed == number)
        }
        #expect(embedded.outcomes.allSatisfy { $0.attempts == 1 && $0.duration != nil })
        #expect(embedded.kinds == [.connecting, .ready, .inUse, .ready, .inUse, .ready, .inUse, .ready])
        #expect(embedded.ends == [])
    }

    @Test(
        "A reset before the head ends the call, and only a repeatable call is sent again",
        arguments: [false, true]
    )
    func resetBeforeHead(isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: isRepeatable)
        embedded.channel.pipeline.fireErrorCaught(Reset())
        #expect(embedded.sentAgain.count == (isRepeatable ? 1 : 0))
        #expect(embedded.failure == (isRepeatable ? nil : .connectionLost))
        #expect(embedded.ends == [true])
        #expect(!embedded.channel.isActive)
    }

    @Test("An end before the head ends the call, and only a repeatable call is sent again", arguments: [false, true])
    func endBeforeHead(isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: isRepeatable)
        embedded.channel.pipeline.fireChannelInactive()
        #expect(embedded.sentAgain.count == (isRepeatable ? 1 : 0))
        #expect(embedded.failure == (isRepeatable ? nil : .connectionLost))
        #expect(embedded.connection.state.phase == .closed)
    }

    @Test("An end within the body cuts the answer off, and nothing is sent again", arguments: [false, true])
    func resetInBody(isRepeatable: Bool) throws {
        for reset in [true, false] {
            let embedded = try EmbeddedConnection()
            try embedded.send(isRepeatable: isRepeatable)
            embedded.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{")
            if reset {
                embedded.channel.pipeline.fireErrorCaught(Reset())
            } else {
                embedded.channel.pipeline.fireChannelInactive()
            }
            #expect(embedded.failure == .cutOff)
            #expect(embedded.sentAgain.isEmpty)
            #expect(embedded.ends == [true])
        }
    }

    @Test("An answer that is not HTTP is a failure, and the call is not sent again", arguments: [false, true])
    func notHTTP(isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: isRepeatable)
        embedded.receive("SSH-2.0-OpenSSH\r\n\r\n")
        #expect(embedded.failure == .notHTTP)
        #expect(embedded.sentAgain.isEmpty)
    }

    @Test("A call counts as sent if writing it fails", arguments: [false, true])
    func writeError(isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection([FailingWrites()])
        #expect(try embedded.send(isRepeatable: isRepeatable))
        #expect(embedded.sentAgain.count == (isRepeatable ? 1 : 0))
        #expect(embedded.failure == (isRepeatable ? nil : .connectionLost))
        #expect(embedded.ends == [true])
    }

    @Test("An end of file before the write is noticed, and nothing is sent", arguments: [false, true])
    func endBeforeWrite(isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection()
        embedded.channel.pipeline.fireChannelInactive()
        #expect(try !embedded.send(isRepeatable: isRepeatable))
        #expect(try embedded.written() == "")
        #expect(embedded.outcomes.isEmpty && embedded.sentAgain.isEmpty)
        #expect(embedded.ends == [true])
    }

    final class FailingWrites: ChannelOutboundHandler, Sendable {
        typealias OutboundIn = Any

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            promise?.fail(Reset())
        }
    }
}
