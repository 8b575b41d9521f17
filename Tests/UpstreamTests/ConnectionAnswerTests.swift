import NIOCore
import Testing

@testable import Upstream

/// How a connection handles answers, on a channel without a socket.
struct ConnectionAnswerTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    @Test("Surplus bytes end the connection, and the call keeps its own answer")
    func surplus() throws {
        for surplus in ["x", Self.ok, "HTTP/1.1 100 Continue\r\n\r\n"] {
            let embedded = try EmbeddedConnection()
            try embedded.send(isRepeatable: false)
            embedded.receive(Self.ok + surplus)
            #expect(embedded.answer?.body == Array("{}".utf8))
            #expect(embedded.freed == 0)
            #expect(try !embedded.send(isRepeatable: false))
        }
    }

    @Test("An idle connection ends, and sends no call, if bytes arrive or it is closed", arguments: ["x", ok, nil])
    func whileIdle(bytes: String?) throws {
        let embedded = try EmbeddedConnection()
        if let bytes { embedded.receive(bytes) } else { embedded.channel.pipeline.fireChannelInactive() }
        #expect(embedded.ends == [true])
        #expect(embedded.kinds == [.connecting, .ready, nil])
        #expect(try !embedded.send(isRepeatable: true) && embedded.written() == "")
        #expect(embedded.outcomes.isEmpty && embedded.sentAgain.isEmpty)
    }

    @Test("An answer without a length comes in pieces and ends with its connection, which is no fault of the server")
    func untilClose() throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        for piece in ["HTTP/1.1 200 OK\r\n\r", "\n{\"a\"", ":1}"] { embedded.receive(piece) }
        #expect(embedded.outcomes.isEmpty)
        embedded.channel.pipeline.fireChannelInactive()
        #expect(embedded.answer?.body == Array(#"{"a":1}"#.utf8))
        #expect(embedded.ends == [false])
    }

    /// After a gateway's 408 or 5xx the true answer may still come.
    @Test(
        "The Connection field and the status decide if a connection is kept",
        arguments: [
            ("200 OK\r\nConnection: keep-alive", true), ("200 OK\r\nConnection: close", false),
            ("205 Reset Content", true), ("301 Moved\r\nLocation: https://x/", true), ("407 No", true),
            ("408 Request Timeout", false), ("409 Conflict", true), ("499 Odd", true), ("500 Oops", false),
            ("504 Gateway Timeout", false), ("599 Odd", false),
        ]
    )
    func keepAlive(head: String, isKept: Bool) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        embedded.receive("HTTP/1.1 \(head)\r\nContent-Length: 2\r\n\r\n{}")
        #expect(embedded.answer?.status == Int(head.prefix(3)))
        #expect(embedded.freed == (isKept ? 1 : 0))
        // Closing after an answer is not a fault of the server.
        #expect(embedded.ends == (isKept ? [] : [false]))
        #expect(embedded.channel.isActive == isKept)
    }

    @Test(
        "The time that the server keeps a connection is read from Keep-Alive, and one that is malformed is none",
        arguments: [
            ("timeout=60", .seconds(60)), ("max=5, timeout=1", .seconds(1)), ("Timeout=0, max=5", .zero),
            ("timeout=-1", .zero), ("timeout=-9223372036854775808", .zero),
            ("timeout=9223372036854775807", .seconds(.max)), ("timeout=99999999999999999999", nil), ("timeout=x", nil),
            ("timeout", nil), ("max=1", nil), ("", nil),
        ] as [(String, TimeAmount?)]
    )
    func keepAliveTime(value: String, time: TimeAmount?) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        embedded.receive("HTTP/1.1 200 OK\r\nKeep-Alive: \(value)\r\nContent-Length: 2\r\n\r\n{}")
        #expect(embedded.connection.keepAlive == time)
    }
}
