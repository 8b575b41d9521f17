import TestSupport
import Testing

extension EndToEnd {
    @Suite("Login", .sharingStack()) struct LoginTests {
        @Test("A code gives tokens, a refresh token gives new ones, and an access token gives the customer")
        func theThreeCalls() async throws {
            let stack = try sharedStack()
            let exchanged = try await stack.post("/auth_exchange", json: #"{"code":"\#(try await code())"}"#)
            #expect(exchanged.status == 200)
            expectCommonHeaders(exchanged)
            #expect(try exchanged.json("data", "customer", "name") as? String == "Ti Ni")
            #expect(try exchanged.json("error") == nil)
            let firstAccess = try exchanged.string("data", "access_token")

            let refreshed = try await stack.post("/auth_refresh", json: try json("refresh_token", of: exchanged))
            #expect(refreshed.status == 200)
            expectCommonHeaders(refreshed)
            #expect(try refreshed.string("data", "access_token") != firstAccess)

            let info = try await stack.post("/auth_info", json: try json("access_token", of: refreshed))
            #expect(info.status == 200)
            expectCommonHeaders(info)
            #expect(try info.json("data", "customer_id") as? Int == 1)
        }

        @Test("A code that Tiki does not know gets Tiki's own error, as often as it is sent")
        func unknownCode() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            let words = #"{"data":null,"error":{"code":400,"reason":"invalid_code","message":"invalid auth code"}}"#
            for _ in 0..<2 {
                let answer = try await stack.post("/auth_exchange", json: #"{"code":"unknown"}"#)
                #expect(answer.status == 400)
                expectCommonHeaders(answer)
                #expect(answer.text == words)
            }
            #expect(try await stack.sandbox.calls().counts["/oauth/auth/token"] == 1)
        }

        @Test("A refresh token that was used gets its answer again, and unknown tokens get Tiki's own error")
        func usedAndUnknown() async throws {
            let stack = try sharedStack()
            let exchanged = try await stack.post("/auth_exchange", json: #"{"code":"\#(try await code())"}"#)
            let body = try json("refresh_token", of: exchanged)
            let refreshed = try await stack.post("/auth_refresh", json: body)
            #expect(refreshed.status == 200)
            let next = try json("refresh_token", of: refreshed)
            #expect(try await stack.post("/auth_refresh", json: next).status == 200)
            let copy = try await stack.post("/auth_refresh", json: body)
            #expect(copy.status == 200 && copy.body == refreshed.body)
            let unknown = try await stack.post("/auth_refresh", json: #"{"refresh_token":"unknown"}"#)
            #expect(unknown.status == 400)
            #expect(try unknown.string("error", "reason") == "invalid_token")
            let info = try await stack.post("/auth_info", json: #"{"access_token":"unknown"}"#)
            #expect(info.status == 400)
            #expect(try info.string("error", "reason") == "invalid_token")
        }

        @Test("A wrong secret gets Tiki's own error")
        func wrongSecret() async throws {
            let sandbox = try sharedStack().sandbox
            let backend = try await Backend.start(environment: ["CLIENT_SECRET": "another"], upstream: sandbox)
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let answer = try await Curl.post("\(nginx.url)/auth_info", json: #"{"access_token":"a"}"#)
            #expect(answer.status == 400)
            #expect(try answer.string("error", "reason") == "invalid_signature")
            await nginx.stop()
            await backend.stop()
        }

        private func code() async throws -> String { try await sharedStack().sandbox.mintCode() }

        private func json(_ key: String, of answer: HTTPAnswer) throws -> String {
            #"{"\#(key)":"\#(try answer.string("data", key))"}"#
        }
    }
}
