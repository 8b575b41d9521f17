import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Request log lines") struct RequestLogTests {
        private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

        /// Sends requests to responder and upstream, and returns the lines that they logged.
        private func lines(
            environment: [String: String?] = [:],
            _ requests: (FaultUpstream, String) async throws -> Void
        ) async throws -> [[String: JSONValue]] {
            let upstream = try FaultUpstream()
            let settings = ["REQUEST_TIMEOUT": "1"].merging(environment) { _, given in given }
            let backend = try await Backend.start(environment: settings, upstream: upstream.authEndpoint)
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            try await requests(upstream, nginx.url)
            await nginx.stop()
            backend.process.terminate()
            _ = try await backend.process.waitForExit()
            let lines = try JSONLog.lines(backend.logs()).filter { $0["httpRequest"] != nil }
            await backend.stop()
            return lines
        }

        @Test("A log line has the fields that Google Cloud and jq read, as text, numbers and flags")
        func fields() async throws {
            let header = "X-Cloud-Trace-Context: \(Self.trace)/74;o=1"
            var id: String?
            let lines = try await lines(environment: ["GOOGLE_CLOUD_PROJECT": "my-project"]) { _, url in
                let json = #"{"code":"a"}"#
                let answer = try await Curl.post("\(url)/auth_exchange?code=secret", json: json, headers: [header])
                id = answer.headers["X-Request-Id"].first
            }
            let line = try #require(lines.first)
            #expect(lines.count == 1)
            #expect(line["severity"] == .text("INFO"))
            #expect(line["request_id"] == .text(try #require(id)))
            #expect(line["route"] == .text("exchange"))
            #expect(line["status"] == .number(200))
            #expect(line["upstream_status"] == .number(200))
            #expect(line["shared"] == .flag(false))
            #expect(line["attempts"] == .number(1))
            #expect(line["failure"] == nil && line["reason"] == nil)
            #expect(line["logging.googleapis.com/trace"] == .text("projects/my-project/traces/\(Self.trace)"))
            let (total, upstream) = (line["duration_ms"]?.number ?? -1, line["upstream_ms"]?.number ?? -1)
            #expect(0 < upstream && upstream <= total && total < 5_000)
            guard case .object(let request)? = line["httpRequest"] else { throw TestSupportError("no httpRequest") }
            #expect(request["requestMethod"] == .text("POST"))
            #expect(request["requestUrl"] == .text("/auth_exchange"))
            #expect(request["status"] == .number(200))
            #expect(request["remoteIp"] == .text("127.0.0.1"))
            let latency = try #require(request["latency"]?.text)
            #expect(latency.wholeMatch(of: /[0-9]+\.[0-9]+s/) != nil, "\(latency)")
            #expect(line["time"]?.text?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/) != nil)
        }

        @Test(
            "The level of a log line shows whose fault a failure was",
            arguments: [
                (UpstreamFault.refusal, "INFO", 400.0, FaultAnswer.reason(400), nil as String?),
                (.failure, "WARNING", 500, FaultAnswer.reason(500), nil),
                (.notJSON, "WARNING", 502, "upstream_invalid_response", "not_json"),
                (.overLimit, "WARNING", 502, "upstream_invalid_response", "too_large"),
                (.resetBeforeHead, "WARNING", 502, "upstream_invalid_response", "connection_lost"),
                (.noAnswer, "WARNING", 504, "upstream_timeout", "timeout"),
            ]
        )
        func levels(fault: UpstreamFault, severity: String, status: Double, reason: String, failure: String?)
            async throws
        {
            let lines = try await lines { _, url in
                _ = try await Curl.post("\(url)/auth_exchange", json: #"{"code":"\#(fault.credential("a"))"}"#)
            }
            let line = try #require(lines.first)
            #expect(line["severity"] == .text(severity))
            #expect(line["status"] == .number(status))
            #expect(line["reason"] == .text(reason))
            #expect(line["failure"] == failure.map { .text($0) })
            #expect(line["attempts"] == .number(1))
        }

        @Test("A user's mistake is logged as INFO, and a refused signature as ERROR")
        func mistakes() async throws {
            let user = try await lines { _, url in _ = try await Curl.post("\(url)/auth_info", json: "{}") }
            #expect(user.first?["severity"] == .text("INFO"))
            #expect(user.first?["reason"] == .text("no_payload"))
            #expect(user.first?["attempts"] == .number(0) || user.first?["attempts"] == nil)

            let stack = try await Stack.start(environment: ["CLIENT_SECRET": "not-the-one"])
            #expect(try await stack.post("/auth_info", json: #"{"access_token":"a"}"#).status >= 400)
            let ours = try JSONLog.lines(stack.backend.logs()).first { $0["httpRequest"] != nil }
            #expect(ours?["severity"] == .text("ERROR"))
            #expect(ours?["reason"] == .text("invalid_signature"))
            await stack.stop()
        }

        @Test("The log shows which requests shared a call, and that an info call was sent twice")
        func sharedAndRepeated() async throws {
            let lines = try await lines { _, url in
                let json = #"{"code":"\#(UpstreamFault.delayed.credential("a", after: 700_000))"}"#
                async let first = Curl.post("\(url)/auth_exchange", json: json)
                async let second = Curl.post("\(url)/auth_exchange", json: json)
                _ = try await (first, second)
                let info = #"{"access_token":"\#(UpstreamFault.resetBeforeHead.credential("b"))"}"#
                _ = try await Curl.post("\(url)/auth_info", json: info)
            }
            #expect(lines.count == 3)
            #expect(Set(lines.prefix(2).map { $0["shared"] }) == [.flag(false), .flag(true)])
            #expect(lines.prefix(2).allSatisfy { $0["attempts"] == .number(1) })
            #expect(lines.last?["attempts"] == .number(2))
        }
    }
}
