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

    @Test("Answers may come later, from another thread and in any order, and a second one is reported as such")
    func later() throws {
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(handle: { waiting.append($1) }) { _, path in
            let peers = try (0..<5).map { _ in try FastCGIPeer(path) }
            for (number, peer) in peers.enumerated() {
                peer.send(SampleRequest(params: ["REQUEST_ID": "id\(number)"]).bytes)
                _ = try waiting.next()
            }
            for connection in waiting.all.reversed() {
                #expect(connection.send(connection.head.requestID ?? "") == .sent)
                #expect(connection.send("second") == .alreadyAnswered)
            }
            #expect(try peers.map { try $0.answer().text } == (0..<5).map { "id\($0)" })
        }
    }

    @Test(
        "An answer of the maximum size is sent before the peer reads it, and a larger one as the peer reads it",
        arguments: [FastCGIResponse.maxBytes - 256, 8_000_000]
    )
    func largeAnswer(size: Int) throws {
        let outcomes = Collected<ResponseWriter.Delivery>()
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let handle = { @Sendable (_: FastCGIRequest, writer: AnyThreadWriter) in
            writer.send(FastCGIResponse(status: 200, body: body)) { outcomes.append($0) }
        }
        try RunningServer.run(handle: handle) { running, path in
            let peer = try FastCGIPeer(path)
            peer.send(SampleRequest.usual.bytes)
            if size < FastCGIResponse.maxBytes { _ = try outcomes.next() } else { try running.settle() }
            #expect(outcomes.all == (size < FastCGIResponse.maxBytes ? [.sent] : []))
            #expect(try peer.answer().body == body)
            if outcomes.all.isEmpty { #expect(try outcomes.next() == [.sent]) }
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
                peer?.send(request.bytes)
                let writer = try #require(waiting.next().last)
                peer = nil
                #expect(writer.send() == .peerGone)
                #expect(writer.send() == .alreadyAnswered)
            }
            #expect(running.log == [])
        }
    }
}
