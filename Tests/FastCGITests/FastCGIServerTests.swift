import Foundation
import TestSupport
import Testing

@testable import FastCGI

struct FastCGIServerTests {
    @Test("A request reaches the handler as a value, and its answer reaches the web server as a document")
    func answer() throws {
        let requests = Collected<FastCGIRequest>()
        try RunningServer.run(handle: { request, connection in
            requests.append(request)
            let headers = [("Content-Type", "text/plain")]
            connection.send(FastCGIResponse(status: 418, reasonPhrase: "Teapot", headers: headers, body: request.body))
        }) { _, path in
            let answer = try FastCGIPeer(path).exchange()
            let document = "Status: 418 Teapot\r\nContent-Type: text/plain\r\n\r\n{\"code\":\"a.b\"}"
            #expect(answer.document == Array(document.utf8))
        }
        let request = try #require(requests.all.first)
        #expect(requests.all.count == 1)
        #expect((request.head.method, request.head.path) == ("POST", "/auth_exchange"))
        #expect((request.head.contentType, request.head.contentLength) == ("application/json", "14"))
        #expect(request.head.requestID == "3f2a")
        #expect((request.head.remoteAddress, request.head.traceContext) == (nil, nil))
        #expect(request.body == Array(#"{"code":"a.b"}"#.utf8))
    }

    @Test(
        "A request that comes byte by byte, in tiny records or with padding is read the same",
        arguments: [UInt8(0), 7]
    )
    func pieces(padding: UInt8) throws {
        try RunningServer.run(handle: { $1.send(FastCGIResponse(status: 200, body: $0.body)) }) { _, path in
            let peer = try FastCGIPeer(path)
            let request = SampleRequest.usual.records.split(every: 1).with(\.padding, padding)
            for byte in request.bytes { try peer.send([byte]) }
            #expect(try peer.answer().text == #"{"code":"a.b"}"#)
        }
    }

    @Test("Each of several requests in a row gets its own bytes back")
    func sequence() throws {
        try RunningServer.run(handle: { $1.send(FastCGIResponse(status: 200, body: $0.body)) }) { _, path in
            for size in [65_536, 0, 1, 80_000, 20, 16_384] {
                let body = String(repeating: "\(size % 7)", count: size)
                let answer = try FastCGIPeer(path).exchange(SampleRequest.usual(body: Array(body.utf8)).bytes)
                #expect(answer.text == body)
            }
        }
    }

    @Test("A connection is answered once, and a second answer is reported as such")
    func once() throws {
        let outcomes = Collected<ResponseWriter.Delivery?>()
        try RunningServer.run(handle: { _, connection in
            outcomes.append(connection.send(FastCGIResponse(status: 200, body: Array("first".utf8))))
            outcomes.append(connection.send(FastCGIResponse(status: 200, body: Array("second".utf8))))
        }) { _, path in
            #expect(try FastCGIPeer(path).exchange().text == "first")
            _ = try outcomes.next()
            #expect(try outcomes.next() == [.sent, .alreadyAnswered])
        }
    }

    @Test("Only one of many threads that answer at the same time sends its answer")
    func race() throws {
        let outcomes = Collected<ResponseWriter.Delivery?>()
        try RunningServer.run(handle: { _, connection in
            for number in 0..<8 {
                Thread.detachNewThread { outcomes.append(connection.send(FastCGIResponse(status: 200 + number))) }
            }
        }) { _, path in
            #expect((200..<208).contains(try FastCGIPeer(path).exchange().status))
            for _ in 0..<8 { _ = try outcomes.next() }
            #expect(outcomes.all.count { $0 == .sent } == 1)
            #expect(outcomes.all.count { $0 == .alreadyAnswered } == 7)
        }
    }

    @Test("Answers may come later, from another thread and in any order")
    func later() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(handle: { waiting.append($1) }) { _, path in
            let peers = try (0..<5).map { _ in try FastCGIPeer(path) }
            for (number, peer) in peers.enumerated() {
                try peer.send(SampleRequest(params: ["REQUEST_ID": "id\(number)"]).bytes)
                _ = try waiting.next()
            }
            for connection in waiting.all.reversed() {
                #expect(
                    connection.send(FastCGIResponse(status: 200, body: Array((connection.head.requestID ?? "").utf8)))
                        == .sent
                )
            }
            #expect(try peers.map { try $0.answer().text } == (0..<5).map { "id\($0)" })
        }
    }

    @Test("An answer of the maximum size is sent completely even if the peer does not read it yet")
    func largeAnswer() throws {
        let outcomes = Collected<ResponseWriter.Delivery?>()
        let body = [UInt8](repeating: 0x61, count: FastCGIResponse.maxBytes - 256)
        try RunningServer.run(handle: { $1.send(FastCGIResponse(status: 200, body: body)) { outcomes.append($0) } }) {
            _,
            path in
            let peer = try FastCGIPeer(path)
            try peer.send(SampleRequest.usual.bytes)
            #expect(try outcomes.next() == [.sent])
            #expect(try peer.answer().text.utf8.count == body.count)
        }
    }

    @Test("An answer that is larger than the socket's buffer is written as the web server reads it")
    func slowReader() throws {
        let outcomes = Collected<ResponseWriter.Delivery?>()
        let body = [UInt8](repeating: 0x61, count: 8_000_000)
        try RunningServer.run(handle: { $1.send(FastCGIResponse(status: 200, body: body)) { outcomes.append($0) } }) {
            running,
            path in
            let peer = try FastCGIPeer(path)
            try peer.send(SampleRequest.usual.bytes)
            try running.settle()
            #expect(outcomes.all == [])
            #expect(try peer.answer().text.utf8.count == body.count)
            #expect(try outcomes.next() == [.sent])
        }
    }

    @Test("An answer that is not read is given up after the time that a request has to arrive")
    func unreadAnswer() throws {
        var limits = FastCGILimits()
        limits.arrivalTimeout = .milliseconds(200)
        let outcomes = Collected<ResponseWriter.Delivery?>()
        let body = [UInt8](repeating: 0x61, count: 8_000_000)
        try RunningServer.run(
            limits: limits,
            handle: { $1.send(FastCGIResponse(status: 200, body: body)) { outcomes.append($0) } },
            { _, path in
                let peer = try FastCGIPeer(path)
                try peer.send(SampleRequest.usual.bytes)
                #expect(try outcomes.next() == [.peerGone])
                #expect(!FastCGIRecord.decode(try peer.readToEnd()).records.contains { $0.kind == .endRequest })
            }
        )
    }

    @Test("A web server that has gone is noticed when the answer is written")
    func peerGone() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(handle: { waiting.append($1) }) { _, path in
            var peer: FastCGIPeer? = try FastCGIPeer(path)
            try peer?.send(SampleRequest.usual.bytes)
            let connection = try #require(waiting.next().first)
            peer = nil
            #expect(connection.send(FastCGIResponse(status: 200)) == .peerGone)
            #expect(connection.send(FastCGIResponse(status: 200)) == .alreadyAnswered)
        }
    }
}
