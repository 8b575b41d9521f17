import Testing

@testable import FastCGI

struct ServerShutdownTests {
    @Test("A request that has arrived at the shutdown, or begun to, is waited for, and nothing after that")
    func finishes() throws {
        for count in [20, SampleRequest.usual.bytes.count] {
            let waiting = Collected<AnyThreadWriter>()
            try RunningServer.run(grace: .seconds(60), handle: { waiting.append($1) }) { running, path in
                let peer = try FastCGIPeer(path)
                peer.send(Array(SampleRequest.usual.bytes.prefix(count)))
                try running.settle()
                running.shutDown()
                #expect(!running.hasEnded(within: .milliseconds(50)))
                peer.send(Array(SampleRequest.usual.bytes.dropFirst(count)))
                let writer = try #require(waiting.next().first)
                #expect(!running.hasEnded(within: .milliseconds(50)))
                #expect(writer.send() == .sent)
                #expect(try peer.answer().text == "ok")
                #expect(running.hasEnded(within: .seconds(20)))
            }
        }
    }

    @Test("A request not finished within the grace period is refused, and one that has not arrived gets no answer")
    func refuses() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(grace: .milliseconds(100), handle: { waiting.append($1) }) { running, path in
            let peers = try (0..<3).map { _ in try FastCGIPeer(path) }
            for peer in peers {
                peer.send(SampleRequest.usual.bytes)
                _ = try waiting.next()
            }
            let late = try FastCGIPeer(path)
            late.send(Array(SampleRequest.usual.bytes.prefix(20)))
            try running.settle()
            running.shutDown()
            #expect(try late.readToEnd() == [])
            #expect(try peers.map { try $0.answer().text } == Array(repeating: "shuttingDown 3f2a", count: 3))
            #expect(running.hasEnded(within: .seconds(20)))
            #expect(running.log == ["error: requests refused at the end of the shutdown grace [\"count\": 3]"])
            for writer in waiting.all { #expect(writer.send() == .alreadyAnswered) }
        }
    }
}
