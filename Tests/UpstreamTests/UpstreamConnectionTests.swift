import NIOCore
import NIOEmbedded
import Testing

@testable import Upstream

/// The connection's handler on a channel without a socket, with every fault in every state.
struct UpstreamConnectionTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    struct Reset: Error {}

    enum Fault: CaseIterable {
        case failedWrite, reset, end

        func strike(_ channel: EmbeddedChannel) {
            switch self {
            case .failedWrite: break
            case .reset: channel.pipeline.fireErrorCaught(Reset())
            case .end: channel.pipeline.fireChannelInactive()
            }
        }
    }

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
        "A fault before the head ends a call, which counts as sent, and only a repeatable one is sent again",
        arguments: Fault.allCases,
        [false, true]
    )
    func beforeHead(fault: Fault, isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection(fault == .failedWrite ? [FailingWrites()] : [])
        #expect(try embedded.send(isRepeatable: isRepeatable))
        fault.strike(embedded.channel)
        #expect(embedded.sentAgain.count == (isRepeatable ? 1 : 0))
        #expect(embedded.failure == (isRepeatable ? nil : .connectionLost))
        #expect(embedded.ends == [true])
        #expect(!embedded.channel.isActive)
        if fault == .end { #expect(embedded.connection.state.phase == .closed) }
    }

    @Test(
        "An end within the body cuts the answer off, and nothing is sent again",
        arguments: [Fault.reset, .end],
        [false, true]
    )
    func inBody(fault: Fault, isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: isRepeatable)
        embedded.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{")
        fault.strike(embedded.channel)
        #expect(embedded.failure == .cutOff)
        #expect(embedded.sentAgain.isEmpty)
        #expect(embedded.ends == [true])
    }

    @Test(
        "An answer that is not HTTP or over the limit ends call and connection at once, and nothing is sent again",
        arguments: [false, true]
    )
    func unreadable(isRepeatable: Bool) throws {
        for (answer, failure) in [
            ("SSH-2.0-OpenSSH\r\n\r\n", .notHTTP), ("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", .tooLarge),
        ] as [(String, UpstreamFailure)] {
            let embedded = try EmbeddedConnection()
            try embedded.send(isRepeatable: isRepeatable)
            embedded.receive(answer)
            #expect(embedded.failure == failure)
            #expect(embedded.sentAgain.isEmpty)
            #expect(!embedded.channel.isActive)
        }
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
