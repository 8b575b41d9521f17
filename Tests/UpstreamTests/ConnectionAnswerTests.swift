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

    @Test("An idle connection ends if bytes arrive or the server closes it", arguments: ["x", ok, nil])
    func whileIdle(bytes: String?) throws {
        let embedded = try EmbeddedConnection()
        if let bytes { embedded.receive(bytes) } else { embedded.channel.pipeline.fireChannelInactive() }
        #expect(embedded.ends == [true])
        #expect(embedded.kinds == [.connecting, .ready, nil])
    }

    @Test("An interim answer does not end the call", arguments: ["100 Continue", "102 Processing", "103 Early Hints"])
    func interim(status: String) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        embedded.receive("HTTP/1.1 \(status)\r\n\r\n")
        #expect(embedded.outcomes.isEmpty)
        embedded.receive(Self.ok)
        #expect(embedded.answer?.status == 200)
        #expect(embedded.freed == 1)
    }

    @Test(
        "An answer with an unusual status is passed on, and its connection is kept",
        arguments: [
            "204 No Content\r\n", "304 Not Modified\r\n", "301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n",
            "205 Reset Content\r\nContent-Length: 0\r\n", "302 Found\r\nContent-Length: 2\r\n",
        ]
    )
    func statusWithoutContent(head: String) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        embedded.receive("HTTP/1.1 \(head)\r\n" + (head.contains("Length: 2") ? "{}" : ""))
        #expect(embedded.answer?.status == Int(head.prefix(3)))
        #expect(embedded.freed == 1)
    }

    @Test("101 Switching Protocols ends the call, which is not sent again")
    func switchingProtocols() throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        embedded.receive("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
        #expect(embedded.answer?.status == 101 || embedded.failure == .connectionLost)
        #expect(embedded.sentAgain.isEmpty)
    }

    @Test("The Connection header decides if a connection is kept", arguments: [("keep-alive", true), ("close", false)])
    func keepAlive(value: String, isKept: Bool) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        embedded.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: \(value)\r\n\r\n{}")
        #expect(embedded.answer != nil)
        #expect(embedded.freed == (isKept ? 1 : 0))
        // Closing after an answer is not a fault of the server.
        #expect(embedded.ends == (isKept ? [] : [false]))
        #expect(embedded.channel.isActive == isKept)
    }

    @Test("An answer over the limit ends the connection at once")
    func tooLarge() throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: true)
        embedded.receive("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "1", count: 101))
        #expect(embedded.failure == .tooLarge)
        #expect(!embedded.channel.isActive)
    }
}
