import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Sending at most once", .serialized, .sharingStack(["REQUEST_TIMEOUT": "1"])) struct AtMostOnceTests {
        private static let exchange = "/oauth/auth/token"
        private static let refresh = "/oauth/auth/token/refresh"
        private static let info = "/oauth/me"

        @Test(
            "An exchange or refresh that may have arrived is never sent again",
            arguments: [
                #"{"cut":"before_head"}"#, #"{"cut":"before_head","after":false}"#, #"{"cut":"in_body"}"#,
                #"{"no_answer":true}"#, #"{"garbage_http":true}"#,
            ]
        )
        func notRepeated(fault: String) async throws {
            let stack = try sharedStack()
            for (path, key, call) in [
                ("/auth_exchange", "code", Self.exchange), ("/auth_refresh", "refresh_token", Self.refresh),
            ] {
                // On a new connection, and on a used one.
                for isWarm in [false, true] {
                    try await stack.sandbox.reset()
                    if isWarm { _ = try await stack.post("/auth_info", json: #"{"access_token":"a"}"#) }
                    try await stack.sandbox.setFaults("[\(fault)]")
                    let body = #"{"\#(key)":"\#(UUID())"}"#
                    let answer = try await stack.post(path, json: body)
                    #expect([502, 504].contains(answer.status))
                    // Nor when the app asks again while the answer may still come, or within the window after that.
                    let again = try await stack.post(path, json: body)
                    #expect(again.status == answer.status)
                    #expect(try again.string("error", "reason") == answer.string("error", "reason"))
                    #expect(try await stack.sandbox.calls().counts[call] == 1)
                }
            }
        }

        @Test("An info call that was cut off is sent once more, and the app gets the second answer")
        func infoRepeated() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            try await stack.sandbox.setFaults(#"[{"cut":"before_head"}]"#)
            let answer = try await stack.post("/auth_info", json: #"{"access_token":"a"}"#)
            #expect(answer.status == 400)
            #expect(try answer.string("error", "reason") == "invalid_token")
            #expect(try await stack.sandbox.calls().counts == [Self.info: 2])
        }

        @Test("An info call is sent no more than twice")
        func infoTwice() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            try await stack.sandbox.setFaults(#"[{"cut":"before_head"},{"cut":"before_head"}]"#)
            let answer = try await stack.post("/auth_info", json: #"{"access_token":"a"}"#)
            try expectError(answer, 502, "upstream_invalid_response")
            #expect(try await stack.sandbox.calls().counts == [Self.info: 2])
        }

        @Test("A connection that Tiki announces it will close is not used again")
        func announcedClose() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            for _ in 0..<3 {
                try await stack.sandbox.setFaults(#"[{"close":true}]"#)
                let code = try await stack.sandbox.mintCode()
                #expect(try await stack.post("/auth_exchange", json: #"{"code":"\#(code)"}"#).status == 200)
            }
            #expect(try await stack.sandbox.calls().counts == [Self.exchange: 3])
        }

        @Test("A connection that was closed while idle is not used again")
        func silentClose() async throws {
            let stack = try await RecordingStack.start(environment: ["UPSTREAM_WARM_CONNECTIONS": "0"])
            for number in 0..<3 {
                let (answer, arrived) = try await stack.post("/auth_exchange", #"{"code":"a\#(number)"}"#)
                #expect(answer.status == 200)
                #expect(arrived.map(\.connection) == [number])
                stack.upstream.dropConnections()
            }
            await stack.stop()
        }

        @Test("A client that goes away neither ends its call nor causes another")
        func clientGone() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            try await stack.sandbox.setFaults(#"[{"delay_ms":500}]"#)
            let linesBefore = stack.nginx.accessLog.split(separator: "\n").count
            let body = #"{"code":"\#(try await stack.sandbox.mintCode())"}"#
            await #expect(throws: TestSupportError.self) {
                try await Curl.post("\(stack.url)/auth_exchange", json: body, arguments: ["--max-time", "0.2"])
            }
            try await eventually("the end of the call") {
                stack.nginx.accessLog.split(separator: "\n").count > linesBefore
            }
            // nginx waited for it anyway: it logs 499 when it gives up.
            #expect(stack.nginx.accessLog.split(separator: "\n").last?.contains(#""status":200"#) == true)
            #expect(try await stack.sandbox.calls().counts == [Self.exchange: 1])
        }
    }
}
