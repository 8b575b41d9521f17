import NIOCore
import Testing

@testable import Upstream

/// The deadline of a call, and the end of a connection, in each state of the connection.
struct ConnectionDeadlineTests {
    static let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

    @Test(
        "A deadline before the end of the answer ends call and connection, nothing is sent again; a later one does nothing",
        arguments: [false, true],
        ["", "HTTP/1.1 200", head, head + "{", head + "{}"]
    )
    func whileInUse(isRepeatable: Bool, received: String) throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: isRepeatable, deadline: .milliseconds(100))
        embedded.receive(received)
        let isComplete = received == Self.head + "{}"
        embedded.channel.embeddedEventLoop.advanceTime(by: .milliseconds(99))
        #expect(embedded.outcomes.isEmpty == !isComplete)
        embedded.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(embedded.failure == (isComplete ? nil : .timeout))
        #expect(embedded.sentAgain.isEmpty)
        #expect(embedded.channel.isActive == isComplete)
        // The late rest is dropped.
        if !isComplete { embedded.receive("}") }
        #expect(embedded.outcomes.count == 1)
        #expect(embedded.freed == (isComplete ? 1 : 0))
    }

    @Test("An idle connection is closed after its time, unless it is used")
    func idle() throws {
        for isUsed in [false, true] {
            let embedded = try EmbeddedConnection()
            embedded.connection.expire(after: .seconds(12))
            if isUsed { try embedded.send(isRepeatable: false) }
            embedded.channel.embeddedEventLoop.advanceTime(by: .milliseconds(11_900))
            #expect(embedded.channel.isActive)
            embedded.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(embedded.channel.isActive == isUsed)
            #expect(embedded.ends == (isUsed ? [] : [false]))
        }
    }

    @Test("A retired connection is closed once its call is answered, and not before")
    func retired() throws {
        let embedded = try EmbeddedConnection()
        try embedded.send(isRepeatable: false)
        embedded.connection.retire()
        #expect(embedded.channel.isActive)
        embedded.receive(Self.head + "{}")
        #expect(embedded.answer != nil)
        #expect(!embedded.channel.isActive)
        #expect(embedded.freed == 0)
        #expect(embedded.ends == [false])
    }
}
