import TestSupport
import Testing

@testable import FastCGI

struct ServerShutdownTests {
    @Test("An idle responder stops at once and removes its socket file")
    func idle() throws {
        try RunningServer.run(grace: .seconds(60)) { running, path in
            let answer = try FastCGIPeer(path).exchange()
            #expect(answer.text == "ok")
            running.shutDown()
            running.shutDown()
            #expect(running.hasEnded(within: .seconds(20)))
            #expect(running.log == [])
            #expect(throws: TestSupportError("connect: No such file or directory")) { _ = try FastCGIPeer(path) }
        }
    }

    @Test("A shutdown lets a request in flight finish, and waits no longer after that")
    func finishes() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(grace: .seconds(60), handle: { waiting.append($1) }) { running, path in
            let peer = try FastCGIPeer(path)
            try peer.send(SampleRequest.usual.bytes)
            let connection = try #require(waiting.next().first)
            running.shutDown()
            #expect(!running.hasEnded(within: .milliseconds(50)))
            #expect(connection.send(FastCGIResponse(status: 200, body: Array("ok".utf8))) == .sent)
            #expect(try peer.answer().text == "ok")
            #expect(running.hasEnded(within: .seconds(20)))
        }
    }

    @Test("A request not finished within the grace period is refused, and one that has not arrived gets no answer")
    func refuses() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(grace: .milliseconds(100), handle: { waiting.append($1) }) { running, path in
            let peers = try (0..<3).map { _ in try FastCGIPeer(path) }
            for peer in peers {
                try peer.send(SampleRequest.usual.bytes)
                _ = try waiting.next()
            }
            let late = try FastCGIPeer(path)
            try late.send(Array(SampleRequest.usual.bytes.prefix(20)))
            try running.settle()
            running.shutDown()
            #expect(try late.readToEnd() == [])
            #expect(try peers.map { try $0.answer().text } == Array(repeating: "shuttingDown 3f2a", count: 3))
            #expect(running.hasEnded(within: .seconds(20)))
            #expect(running.log == ["error: requests refused at the end of the shutdown grace [\"count\": 3]"])
            for connection in waiting.all { #expect(connection.send(FastCGIResponse(status: 200)) == .alreadyAnswered) }
        }
    }

    @Test("A request that has begun to arrive at the shutdown is waited for like any other")
    func arrivesDuringShutdown() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(grace: .seconds(60), handle: { waiting.append($1) }) { running, path in
            let peer = try FastCGIPeer(path)
            try peer.send(Array(SampleRequest.usual.bytes.prefix(20)))
            try running.settle()
            running.shutDown()
            #expect(!running.hasEnded(within: .milliseconds(50)))
            try peer.send(Array(SampleRequest.usual.bytes.dropFirst(20)))
            let writer = try #require(waiting.next().first)
            #expect(!running.hasEnded(within: .milliseconds(50)))
            #expect(writer.send(FastCGIResponse(status: 200, body: Array("ok".utf8))) == .sent)
            #expect(try peer.answer().text == "ok")
            #expect(running.hasEnded(within: .seconds(20)))
        }
    }
}
