import Foundation
import Glibc
import TestSupport
import Testing

/// What nginx and the responder do together. What each kind of request gets is in `Tests/API/test_examples.py`.
extension EndToEnd {
    @Suite("nginx and the responder", .sharingStack()) struct SiteTests {
        @Test("100,000 nested brackets are refused by nginx, and by a responder that accepts their size")
        func nestedDeep() async throws {
            let stack = try sharedStack()
            let body = String(repeating: "[", count: 100_000)
            try expectError(try await stack.post("/auth_exchange", json: body), 413, "payload_too_large")

            let environment = ["MAX_BODY_BYTES": "200000"]
            let backend = try await Backend.start(environment: environment, upstream: stack.sandbox)
            let nginx = try await Nginx.start(
                backendSocket: backend.socketPath,
                replacing: ["client_max_body_size     16k;": "client_max_body_size 200k;"]
            )
            for text in [body, body + String(repeating: "]", count: 100_000), #"{"code":"# + body] {
                let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: text)
                try expectError(answer, 400, "invalid_json")
            }
            #expect(backend.process.isRunning)
            await nginx.stop()
            await backend.stop()
        }

        @Test("No invalid body reaches Tiki")
        func nothingSent() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            for body in ["", "{}", "[1]", "{", #"{"code":""}"#, #"{"code":"a","code":"a"}"#] {
                #expect(try await stack.post("/auth_exchange", json: body).status == 400)
            }
            #expect(try await stack.sandbox.calls().count == 0)
        }

        @Test("A method that is not allowed gets 405 even with a large body")
        func bodyOnWrongMethod() async throws {
            let url = try sharedStack().url
            let body = Data(repeating: UInt8(ascii: "x"), count: 16_384)
            let answer = try await Curl.request("PUT", "\(url)/auth_info", body: body)
            try expectError(answer, 405, "method_not_allowed", allow: ["POST"])
        }

        @Test("A path is normalized before it is matched")
        func normalized() async throws {
            let url = try sharedStack().url
            #expect(try await Curl.request("GET", "\(url)/health/./live").status == 200)
            #expect(try await Curl.request("GET", "\(url)/x/../health/live").status == 200)
            #expect(try await Curl.request("GET", "\(url)/%68ealth/live").status == 200)
        }

        @Test("The responder refuses unknown paths itself")
        func notFoundByResponder() async throws {
            let nginx = try await Nginx.start(
                backendSocket: try sharedStack().backend.socketPath,
                replacing: ["location / { return 404; }": "location / { fastcgi_pass tiniapp_auth; }"]
            )
            for path in ["/nope", "/auth_exchange/", "//nope"] {
                try expectError(try await Curl.request("GET", nginx.url + path), 404, "not_found")
            }
            await nginx.stop()
        }

        @Test("Every request gets its own id, whatever id the client sends, and nginx tells no version")
        func fields() async throws {
            let url = try sharedStack().url + "/health/live"
            var names: [String] = []
            for _ in 0..<3 {
                let answer = try await Curl.request("GET", url, headers: ["X-Request-Id: mine"])
                names += answer.headers["X-Request-Id"]
                #expect(answer.headers["Server"] == ["nginx"])
            }
            #expect(Set(names).count == 3)
            #expect(!names.contains("mine"))
        }

        @Test("A client that goes away neither ends its call nor causes another")
        func clientGone() async throws {
            let stack = try await RecordingStack.start()
            stack.upstream.hold()
            let client = try Sockets.connect(port: stack.nginx.port)
            let head = "POST /auth_exchange HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            try Sockets.sendAll(client, Data("\(head)Content-Length: 12\r\n\r\n{\"code\":\"a\"}".utf8))
            try await stack.upstream.holds(1)
            close(client)
            stack.upstream.release()
            try await eventually("the end of the call") { !stack.nginx.accessLog.isEmpty }
            // nginx waited for it anyway: it logs 499 when it gives up.
            #expect(stack.nginx.accessLog.contains(#""status":200"#))
            #expect(stack.upstream.arrivals.count == 1)
            await stack.stop()
        }

        @Test("A certificate for Tiki must be trusted, for which UPSTREAM_CA_FILE is read")
        func certificates() async throws {
            let certificate = try await Certificate.make(for: "IP:127.0.0.1,DNS:localhost")
            let sandbox = try await Sandbox.start(
                arguments: ["--certificate", certificate.path, "--private-key", certificate.keyPath]
            )
            for (host, file, status) in [
                ("127.0.0.1", nil, 502), ("127.0.0.1", certificate.path, 200), ("localhost", certificate.path, 200),
            ] {
                let backend = try await Backend.start(
                    environment: ["UPSTREAM_CA_FILE": file],
                    upstream: sandbox.authEndpoint.replacingOccurrences(of: "127.0.0.1", with: host)
                )
                let nginx = try await Nginx.start(backendSocket: backend.socketPath)
                let code = try await sandbox.mintCode()
                let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"\#(code)"}"#)
                #expect(answer.status == status)
                if status == 502 {
                    try expectError(answer, 502, "upstream_unreachable", message: "Tiki could not be reached")
                    #expect(backend.logs().contains("self-signed"))
                    #expect(try await sandbox.calls().count == 0)
                }
                await nginx.stop()
                await backend.stop()
            }
            await sandbox.stop()
        }

        @Test("The backend starts again at the same path, even if a kill left the socket file")
        func startsAgain() async throws {
            let directory = try ScratchDirectory()
            let environment = ["LISTEN_SOCKET": directory.path("fcgi.sock")]
            let sandbox = try sharedStack().sandbox
            let nginx = try await Nginx.start(backendSocket: directory.path("fcgi.sock"))
            for signal in [SIGKILL, SIGTERM, SIGKILL] {
                let backend = try await Backend.start(environment: environment, upstream: sandbox)
                #expect(try await Curl.request("GET", "\(nginx.url)/health/live").status == 200)
                backend.process.terminate(signal: signal)
                _ = try await backend.process.waitForExit()
            }
            await nginx.stop()
        }
    }
}
