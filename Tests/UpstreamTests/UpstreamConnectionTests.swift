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
        "An answer that is cut off, not HTTP or over the limit ends call and connection, and nothing is sent again",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", .reset, .cutOff),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", .end, .cutOff),
            ("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", nil, .tooLarge),
            ("SSH-2.0-OpenSSH\r\n\r\n", nil, .notHTTP),
        ] as [(String, Fault?, UpstreamFailure)],
        [false, true]
    )
    func badAnswer(row: (answer: String, fault: Fault?, failure: UpstreamFailure), isRepeatable: Bool) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: isRepeatable)
        embedded.receive(row.answer)
        row.fault?.strike(embedded.channel)
        #expect(embedded.failure == row.failure)
        #expect(embedded.sentAgain.isEmpty)
        #expect(embedded.ends == [row.fault != nil])
        #expect(!embedded.channel.isActive)
    }

    final class FailingWrites: ChannelOutboundHandler, Sendable {
        typealias OutboundIn = Any

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            promise?.fail(Reset())
        }
    }
}
