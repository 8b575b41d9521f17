import NIOCore
import Testing

@testable import FastCGI

struct RequestHeadTests {
    @Test("A request's age begins with its connection, or on a kept one with its first byte, not with its last")
    func age() throws {
        let requests = Collected<FastCGIRequest>()
        try RunningServer.run(handle: { request, writer in
            requests.append(request)
            writer.send()
        }) { running, path in
            var sample = SampleRequest.usual
            sample.flags = 1
            let bytes = sample.bytes
            func check(_ peer: FastCGIPeer, since begin: NIODeadline, bytesBefore count: Int) throws {
                peer.send(Array(bytes.prefix(count)))
                try running.settle()
                let sent = NIODeadline.now()
                peer.send(Array(bytes.dropFirst(count)))
                _ = try peer.answerOnKeptConnection()
                let acceptedAt = try #require(requests.all.last).head.acceptedAt
                #expect(acceptedAt >= begin && acceptedAt < sent)
            }
            let begin = NIODeadline.now()
            let peer = try FastCGIPeer(path)
            try check(peer, since: begin, bytesBefore: 0)
            try check(peer, since: .now(), bytesBefore: 20)
        }
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
