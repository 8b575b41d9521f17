import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Secrets") struct SecretsTests {
        @Test("Codes, tokens and the secret appear in no log, even at the trace level")
        func tokens() async throws {
            let stack = try await Stack.start(environment: ["LOG_LEVEL": "trace", "REQUEST_TIMEOUT": "1"])
            var secrets = [Sandbox.clientSecret]

            let code = try await stack.sandbox.mintCode()
            secrets += code.split(separator: ".").map(String.init)
            var tokens = try await stack.post("/auth_exchange", json: #"{"code":"\#(code)"}"#)
            secrets += try [tokens.string("data", "access_token"), tokens.string("data", "refresh_token")]
            let refresh = #"{"refresh_token":"\#(try tokens.string("data", "refresh_token"))"}"#
            tokens = try await stack.post("/auth_refresh", json: refresh)
            secrets += try [tokens.string("data", "access_token"), tokens.string("data", "refresh_token")]
            let info = #"{"access_token":"\#(try tokens.string("data", "access_token"))"}"#
            #expect(try await stack.post("/auth_info", json: info).status == 200)

            // Failures of every kind, each with something that must not be logged.
            let failing = [
                #"{"code":"HUSH-1"}"#, #"{"code":"HUSH-2",}"#, #"{"HUSH-3.x":1,"HUSH-3.x":1}"#, "HUSH-4",
                #"["HUSH-5"]"#, #"{"code":["HUSH-6"]}"#, #"{"kode":"HUSH-7"}"#, #"{"code":"HUSH-8\ud800"}"#,
            ]
            for body in failing {
                let answer = try await stack.post("/auth_exchange", json: body)
                #expect(answer.status == 400)
                #expect(!answer.text.contains("HUSH"))
            }
            for fault in [
                #"{"cut":"in_body"}"#, #"{"garbage_http":true}"#, #"{"no_answer":true}"#,
                #"{"status":200,"body":"HUSH-9"}"#, #"{"status":500,"body":"[\"HUSH-10\"]"}"#,
            ] {
                try await stack.sandbox.setFaults("[\(fault)]")
                #expect(try await stack.post("/auth_exchange", json: #"{"code":"HUSH-11"}"#).status >= 500)
            }
            _ = try await Curl.request("POST", "\(stack.url)/auth_info", body: Data("access_token=HUSH-12".utf8))
            _ = try await Curl.post("\(stack.url)/auth_exchange?code=HUSH-13", json: #"{"code":"HUSH-14"}"#)
            let headers = ["Authorization: Bearer HUSH-15", "Cookie: HUSH-16", "User-Agent: HUSH-17"]
            _ = try await Curl.post("\(stack.url)/auth_info", json: "{}", headers: headers)
            _ = try await stack.post("/auth_info", json: String(repeating: "HUSH-18", count: 2_000))

            // Without a responder, nginx writes its own errors.
            stack.backend.process.terminate()
            #expect(try await stack.backend.process.waitForExit() == .code(0))
            #expect(try await stack.post("/auth_exchange", json: #"{"code":"HUSH-19"}"#).status == 502)

            #expect(stack.backend.leaked(secrets + ["HUSH"]) == [])
            let logs = stack.nginx.accessLog + stack.nginx.errorLog
            #expect((secrets + ["HUSH"]).filter { logs.contains($0) } == [])
            // Both logs have lines, and each call its request id.
            #expect(stack.backend.logs().contains(try #require(tokens.headers["X-Request-Id"].first)))
            #expect(logs.contains(try #require(tokens.headers["X-Request-Id"].first)))
            await stack.stop()
        }

        @Test("Signatures appear in no log, even at the trace level")
        func signatures() async throws {
            let stack = try await RecordingStack.start(environment: ["LOG_LEVEL": "trace"])
            var signatures: [String] = []
            for answer in ["{}", "garbage"] {
                stack.upstream.answer(with: RecordingUpstream.answer(body: Data(answer.utf8)))
                let request = try #require(try await stack.post("/auth_info", #"{"access_token":"a"}"#).arrived.first)
                signatures += request["X-Tiniapp-Signature"]
            }
            #expect(signatures.count == 2)
            #expect(stack.backend.leaked(signatures) == [])
            let logs = stack.nginx.accessLog + stack.nginx.errorLog
            #expect(signatures.filter { logs.contains($0) } == [])
            await stack.stop()
        }

        @Test("Request bodies are not written to disk by nginx")
        func noTemporaryFiles() async throws {
            let stack = try await Stack.start()
            let body = #"{"code":"a","pad":"\#(String(repeating: "p", count: 16_000))"}"#
            #expect(try await stack.post("/auth_exchange", json: body).status == 400)
            // Where nginx must have all of a body before it chooses an instance, too.
            let whole = ["fastcgi_request_buffering off;": "fastcgi_request_buffering on;"]
            let nginx = try await Nginx.start(backendSocket: stack.backend.socketPath, replacing: whole)
            #expect(try await Curl.post("\(nginx.url)/auth_exchange", json: body).status == 400)
            // nginx would warn about it.
            #expect(!(stack.nginx.errorLog + nginx.errorLog).contains("temporary file"))
            await nginx.stop()
            await stack.stop()
        }
    }
}
