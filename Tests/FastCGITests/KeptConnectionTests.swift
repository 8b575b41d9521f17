import Foundation
import Testing

@testable import FastCGI

/// Connections on which the web server sends one request after the other (`FCGI_KEEP_CONN`).
struct KeptConnectionTests {
    /// Answers with the request's body.
    private static let echo: @Sendable (FastCGIRequest, AnyThreadWriter) -> Void = { request, writer in
        writer.send(String(decoding: request.body, as: UTF8.self))
    }

    private static func request(_ body: String = "body", id: UInt16 = 1) -> [UInt8] {
        var request = SampleRequest.usual(body: Array(body.utf8))
        request.flags = 1
        return request.records.with(\.requestID, id).bytes
    }

    /// A connection that has had one answer and is kept.
    private static func answeredPeer(_ path: String) throws -> FastCGIPeer {
        let peer = try FastCGIPeer(path)
        peer.send(request())
        _ = try peer.answerOnKeptConnection()
        return peer
    }

    /// The text of an answer after which the responder says that it was the last one on this connection.
    private static func lastAnswer(_ peer: FastCGIPeer) throws -> String {
        let records = try peer.readRecords(until: .getValuesResult)
        let end = try #require(records.last)
        #expect(end.kind == .getValuesResult && end.requestID == 0 && end.content == [])
        return try FastCGIAnswer(records.dropLast().bytes).text
    }

    @Test("A connection serves one request after the other, with any id, and answers questions between them")
    func oneAfterTheOther() throws {
        try RunningServer.run(handle: Self.echo) { running, path in
            let peer = try FastCGIPeer(path)
            for number in 1...200 {
                let (body, id) = (String(repeating: "\(number) ", count: number * 7), UInt16(number * 300))
                peer.send(Self.request(body, id: id))
                #expect(try peer.answerOnKeptConnection(requestID: id).text == body)
                #expect(peer.isWaiting)
            }
            peer.send(FastCGIRecord(.getValues, requestID: 0).bytes + Self.request("asked"))
            let answers = try peer.readRecords(until: .endRequest)
            #expect(answers.first?.kind == .getValuesResult)
            #expect(try FastCGIAnswer(answers.dropFirst().bytes).text == "asked")
            #expect(try peer.exchange(SampleRequest.usual(body: [0x61]).bytes).text == "a")
            #expect(running.log == [])
        }
    }

    @Test(
        "A malformed request closes a kept connection, and so does one that does not arrive in time; waiting does not"
    )
    func refused() throws {
        var limits = FastCGILimits()
        limits.arrivalTimeout = .milliseconds(200)
        try RunningServer.run(limits: limits, handle: Self.echo) { running, path in
            let peers = try (0..<3).map { _ in try Self.answeredPeer(path) }
            peers[0].send(Array("GET / HTTP/1.1\r\n".utf8))
            #expect(try peers[0].readToEnd() == [])
            peers[1].send(Array(Self.request().prefix(20)))
            #expect(try peers[1].readToEnd() == [])
            // Longer than the timeout has passed.
            peers[2].send(Self.request("later"))
            #expect(try peers[2].answerOnKeptConnection().text == "later")
            #expect(running.log.count == 2)
        }
    }

    @Test("The end of a connection is noticed where it came together with a request")
    func halfClosed() throws {
        let (held, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        try RunningServer.run(handle: Self.echo) { running, path in
            let peer = try Self.answeredPeer(path)
            running.eventLoop.execute {
                held.signal()
                goOn.wait()
            }
            // The serving thread sees both at once.
            held.wait()
            peer.send(Self.request("last"))
            peer.halfClose()
            goOn.signal()
            let records = FastCGIRecord.decode(try peer.readToEnd()).records
            #expect(try FastCGIAnswer(records.filter { $0.requestID == 1 }.bytes).text == "last")
        }
    }

    @Test("What comes while a request is in flight is no request: its answer is the last")
    func tooEarly() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(handle: { waiting.append($1) }) { running, path in
            let peer = try FastCGIPeer(path)
            peer.send(Self.request())
            let writer = try #require(waiting.next().last)
            peer.send(Self.request("too early", id: 2))
            try running.settle()
            #expect(writer.send("first") == .sent)
            #expect(try Self.lastAnswer(peer) == "first")
            #expect(try peer.readToEnd() == [])
            #expect(waiting.all.count == 1)
        }
    }

    @Test("Kept connections with half a request count for the limit of those that wait: the oldest makes room")
    func waitingLimit() throws {
        var limits = FastCGILimits()
        limits.maxPendingConnections = 2
        limits.arrivalTimeout = .seconds(60)
        try RunningServer.run(limits: limits, handle: Self.echo) { running, path in
            let peers = try (0..<3).map { _ in try Self.answeredPeer(path) }
            for peer in peers {
                peer.send(Array(Self.request("rest").prefix(20)))
                // What arrives at the same time is seen in any order.
                try running.settle()
            }
            #expect(try peers[0].readToEnd() == [])
            peers[2].send(Array(Self.request("rest").dropFirst(20)))
            #expect(try peers[2].answerOnKeptConnection().text == "rest")
        }
    }

    @Test("An answer that is not read in the time that a request has to arrive ends the connection")
    func unread() throws {
        var limits = FastCGILimits()
        limits.arrivalTimeout = .milliseconds(200)
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(limits: limits, handle: { waiting.append($1) }) { _, path in
            let peer = try FastCGIPeer(path)
            peer.send(Self.request())
            let writer = try #require(waiting.next().last)
            #expect(writer.send(String(repeating: "a", count: 4_000_000)) == .peerGone)
            #expect(!FastCGIRecord.decode(try peer.readToEnd()).records.contains { $0.kind == .endRequest })
        }
    }

    @Test("The answer to a late body is the last on its connection: the rest of the body may still come")
    func lateBody() throws {
        var limits = FastCGILimits()
        limits.arrivalTimeout = .milliseconds(150)
        try RunningServer.run(limits: limits, handle: { $1.send("\($0.bodyRefusal == .late)") }) { _, path in
            let peer = try FastCGIPeer(path)
            peer.send(Self.request().dropLast(12))
            #expect(try Self.lastAnswer(peer) == "true")
            #expect(try peer.readToEnd() == [])
        }
    }

    @Test("A shutdown waits for the web server to close what it keeps, and serves what still comes")
    func shutdownWaits() throws {
        try RunningServer.run(grace: .seconds(60), handle: Self.echo) { running, path in
            var peers = try (0..<3).map { _ in try Self.answeredPeer(path) }
            running.shutDown()
            #expect(!running.hasEnded(within: .milliseconds(50)))
            peers[0].send(Self.request("late"))
            #expect(try Self.lastAnswer(peers[0]) == "late")
            // Others still come in.
            #expect(try FastCGIPeer(path).exchange(SampleRequest.usual(body: [0x62]).bytes).text == "b")
            peers = []
            #expect(running.hasEnded(within: .seconds(20)))
            #expect(running.log == [])
        }
    }

    @Test("A request in flight at a shutdown is answered, as the last on its connection")
    func shutdownInFlight() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(grace: .seconds(60), handle: { waiting.append($1) }) { running, path in
            let peer = try FastCGIPeer(path)
            peer.send(Self.request())
            let writer = try #require(waiting.next().last)
            running.shutDown()
            #expect(!running.hasEnded(within: .milliseconds(50)))
            #expect(writer.send() == .sent)
            #expect(try Self.lastAnswer(peer) == "ok")
        }
    }

    @Test("A web server that closes nothing holds a shutdown up for two seconds, not for the grace")
    func shutdownDoesNotWaitForever() throws {
        try RunningServer.run(grace: .seconds(600), handle: Self.echo) { running, path in
            let peer = try Self.answeredPeer(path)
            running.shutDown()
            #expect(running.hasEnded(within: .seconds(60)))
            #expect(try peer.readToEnd() == [])
        }
    }
}
