import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Secrets") struct SecretsTests {
        @Test("Signatures appear in no log, even at the trace level")
        func signatures() async throws {
            let stack = try await RecordingStack.start(environment: ["LOG_LEVEL": "trace"])
            var signatures: [String] = []
            for answer in ["{}", "garbage"] {
                stack.upstream.answer(with: FaultAnswer.answer(200, Data(answer.utf8)))
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
