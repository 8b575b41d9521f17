import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Request log lines") struct RequestLogTests {
        private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

        @Test("A log line has the fields that Google Cloud and jq read, as text, numbers and flags")
        func fields() async throws {
            let header = "X-Cloud-Trace-Context: \(Self.trace)/74;o=1"
            let stack = try await RecordingStack.start(environment: ["GOOGLE_CLOUD_PROJECT": "my-project"])
            let url = "\(stack.nginx.url)/auth_exchange?code=secret"
            let id = try await Curl.post(url, json: #"{"code":"a"}"#, headers: [header]).headers["X-Request-Id"].first
            stack.backend.process.terminate()
            _ = try await stack.backend.process.waitForExit()
            let lines = try JSONLog.lines(stack.backend.logs()).filter { $0["httpRequest"] != nil }
            await stack.stop()
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
            #expect(0 < upstream && upstream <= total)
            guard case .object(let request)? = line["httpRequest"] else { throw TestSupportError("no httpRequest") }
            #expect(request["requestMethod"] == .text("POST"))
            #expect(request["requestUrl"] == .text("/auth_exchange"))
            #expect(request["status"] == .number(200))
            #expect(request["remoteIp"] == .text("127.0.0.1"))
            let latency = try #require(request["latency"]?.text)
            #expect(latency.wholeMatch(of: /[0-9]+\.[0-9]+s/) != nil, "\(latency)")
            #expect(line["time"]?.text?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/) != nil)
        }
    }
}
