import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Errors from nginx", .sharingStack()) struct NginxErrorTests {
        @Test(
            "TRACE and CONNECT are refused by nginx, which names the allowed methods",
            arguments: [
                ("/auth_exchange", "POST"), ("/auth_refresh?a=b", "POST"), ("/", "GET, HEAD"),
                ("/health/ready", "GET, HEAD"), ("/nope", "GET, HEAD, POST"),
            ]
        )
        func trace(path: String, allow: String) async throws {
            let port = try sharedStack().nginx.port
            for method in ["TRACE", "CONNECT"] {
                let text = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                let answer = try await RawTCP.request(port: port, text)
                // nginx takes CONNECT's target for an authority, as it should.
                if method == "CONNECT", answer.status == 400 { continue }
                try expectError(answer, 405, "method_not_allowed", message: "Method not allowed", allow: [allow])
            }
        }

        @Test(
            "A malformed request gets a JSON error from nginx",
            arguments: [
                ("GET / HTTP/1.1\r\n\r\n", 400, "bad_request"),
                ("NONSENSE\r\n\r\n", 400, "bad_request"),
                ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"),
                ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400, "bad_request"),
                ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "bad_request"),
                (
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    400, "bad_request"
                ),
                ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "not_implemented"),
                ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "http_version_not_supported"),
                ("GET /../.. HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
            ]
        )
        func malformed(request: String, status: Int, reason: String) async throws {
            let answer = try await RawTCP.request(port: try sharedStack().nginx.port, request)
            try expectError(answer, status, reason)
        }

        @Test("A URI or header that is too long gets a JSON error from nginx")
        func tooMuch() async throws {
            let port = try sharedStack().nginx.port
            let much = String(repeating: "a", count: 40_000)
            let line = try await RawTCP.request(port: port, "GET /\(much) HTTP/1.1\r\nHost: a\r\n\r\n")
            try expectError(line, 414, "uri_too_long")
            let header = try await RawTCP.request(port: port, "GET / HTTP/1.1\r\nHost: a\r\nX: \(much)\r\n\r\n")
            try expectError(header, 431, "headers_too_large")
        }

        @Test("Requests over the rate limit get 429, and health probes never do")
        func tooMany() async throws {
            let stack = try sharedStack()
            let nginx = try await Nginx.start(backendSocket: stack.backend.socketPath, limited: true)
            let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                for _ in 0..<100 { group.addTask { try await RawTCP.request(port: nginx.port, request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 200 } >= 41)
            let refused = answers.filter { $0.status != 200 }
            for answer in refused.prefix(3) {
                try expectError(answer, 429, "too_many_requests")
                #expect(answer.headers["Retry-After"] == ["1"])
            }
            #expect(!refused.isEmpty)
            #expect(refused.allSatisfy { $0.status == 429 })
            #expect(try await Curl.request("GET", "\(nginx.url)/health/live").status == 200)
            await nginx.stop()
        }

        @Test("A backend that is down gives 502 backend_unavailable")
        func backendDown() async throws {
            let directory = try ScratchDirectory()
            let nginx = try await Nginx.start(backendSocket: directory.path("nobody.sock"))
            let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"a"}"#)
            try expectError(answer, 502, "backend_unavailable", message: "The login backend is not available")
            await nginx.stop()
        }

        @Test("A backend that does not answer gives 504 backend_timeout")
        func backendSilent() async throws {
            let directory = try ScratchDirectory()
            let listener = try UnixListener(path: directory.path("silent.sock"))
            let nginx = try await Nginx.start(
                backendSocket: listener.path,
                replacing: ["fastcgi_read_timeout    15s;": "fastcgi_read_timeout 1s;"]
            )
            let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"a"}"#)
            try expectError(answer, 504, "backend_timeout", message: "The login backend did not answer in time")
            await nginx.stop()
        }
    }
}
