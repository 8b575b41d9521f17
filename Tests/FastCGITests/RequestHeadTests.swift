import Foundation
import NIOCore
import TestSupport
import Testing

@testable import FastCGI

struct RequestHeadTests {
    @Test("A request's age begins with its connection, not with its last byte")
    func age() throws {
        let requests = Collected<FastCGIRequest>()
        try RunningServer.run(handle: { request, connection in
            requests.append(request)
            connection.send(FastCGIResponse(status: 200))
        }) { _, path in
            let begin = NIODeadline.now()
            let peer = try FastCGIPeer(path)
            Thread.sleep(forTimeInterval: 0.1)
            let sent = NIODeadline.now()
            _ = try peer.exchange()
            let request = try #require(requests.all.first)
            #expect(request.head.acceptedAt >= begin && request.head.acceptedAt < sent)
        }
    }

    @Test("The head of a request has the client's address and trace")
    func head() throws {
        let seen = Collected<FastCGIRequest>()
        try RunningServer.run(handle: { request, writer in
            seen.append(request)
            writer.send(FastCGIResponse(status: 200))
        }) { _, path in
            var request = SampleRequest.usual
            request.params["REMOTE_ADDR"] = "192.0.2.7"
            request.params["HTTP_X_CLOUD_TRACE_CONTEXT"] = "t/1;o=1"
            _ = try FastCGIPeer(path).exchange(request.bytes)
        }
        let request = try #require(seen.all.first)
        #expect(request.head.remoteAddress == "192.0.2.7")
        #expect(request.head.traceContext == "t/1;o=1")
        #expect(!request.body.isEmpty)
    }

    @Test(
        "The path is that of RFC 3875 where the server gives it, else nginx's, else the request's own",
        arguments: [
            (["SCRIPT_NAME": "/auth_info"], "/auth_info"), (["PATH_INFO": "/auth_info"], "/auth_info"),
            (["SCRIPT_NAME": "/app", "PATH_INFO": "/auth_info"], "/app/auth_info"),
            (["SCRIPT_NAME": "/auth_info", "DOCUMENT_URI": "/x", "REQUEST_URI": "/y"], "/auth_info"),
            (["DOCUMENT_URI": "/auth_info", "REQUEST_URI": "/y"], "/auth_info"),
            (["REQUEST_URI": "/auth_info?code=x"], "/auth_info"), (["REQUEST_URI": "/auth_info"], "/auth_info"),
            (["REQUEST_URI": "?"], ""), ([:], ""),
        ] as [([String: String], String)]
    )
    func path(params: [String: String], path: String) {
        #expect(FastCGIRequest.Head(acceptedAt: .now(), ownParam: "X") { params[$0.description] }.path == path)
    }
}
