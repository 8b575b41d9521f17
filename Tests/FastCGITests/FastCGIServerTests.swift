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
            var request = SampleRequest.usual
            request.params["REMOTE_ADDR"] = "192.0.2.7"
            request.params["HTTP_X_CLOUD_TRACE_CONTEXT"] = "t/1;o=1"
            let answer = try FastCGIPeer(path).exchange(request.bytes)
            let document = "Status: 418 Teapot\r\nContent-Type: text/plain\r\n\r\n{\"code\":\"a.b\"}"
            #expect(answer.document == Array(document.utf8))
        }
        let request = try #require(requests.all.first)
        #expect(requests.all.count == 1)
        #expect((request.head.method, request.head.path) == ("POST", "/auth_exchange"))
        #expect((request.head.contentType, request.head.contentLength) == ("application/json", "14"))
        #expect(request.head.requestID == "3f2a")
        #expect((request.head.remoteAddress, request.head.traceContext) == ("192.0.2.7", "t/1;o=1"))
        #expect((request.head.authorization, request.head.contentEncoding) == (nil, nil))
        #expect(request.body == Array(#"{"code":"a.b"}"#.utf8))
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
        let body = (0..<FastCGIResponse.maxBytes - 256).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try RunningServer.run(handle: { $1.send(FastCGIResponse(status: 200, body: body)) { outcomes.append($0) } }) {
            _,
            path in
            let peer = try FastCGIPeer(path)
            try peer.send(SampleRequest.usual.bytes)
            #expect(try outcomes.next() == [.sent])
            #expect(try peer.answer().body == body)
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

    @Test("A web server that has gone is noticed when the answer is written", arguments: [UInt8(0), 1])
    func peerGone(flags: UInt8) throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(handle: { waiting.append($1) }) { running, path in
            var request = SampleRequest.usual
            request.flags = flags
            for _ in 0..<20 {
                var peer: FastCGIPeer? = try FastCGIPeer(path)
                try peer?.send(request.bytes)
                let writer = try #require(waiting.next().last)
                peer = nil
                #expect(writer.send(FastCGIResponse(status: 200)) == .peerGone)
                #expect(writer.send(FastCGIResponse(status: 200)) == .alreadyAnswered)
            }
            #expect(running.log == [])
        }
    }
}
