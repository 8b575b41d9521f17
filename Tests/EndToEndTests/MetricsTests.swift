import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Metrics") struct MetricsTests {
        @Test("The metrics count requests, shared calls, failures and connections")
        func counts() async throws {
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(
                environment: ["UPSTREAM_WARM_CONNECTIONS": "1"],
                upstream: upstream.authEndpoint
            )
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let before = try await Metrics.read(from: nginx)
            upstream.hold()
            async let first = Curl.post("\(nginx.url)/auth_refresh", json: #"{"refresh_token":"d"}"#)
            async let second = Curl.post("\(nginx.url)/auth_refresh", json: #"{"refresh_token":"d"}"#)
            try await eventually("both are in flight, beside the one that asks") {
                try await Metrics.read(from: nginx).value("tiniapp_auth_requests_in_flight") == 3
            }
            upstream.release()
            _ = try await (first, second)
            for fault in [UpstreamFault.success, .success, .refusal, .notJSON, .resetBeforeHead] {
                _ = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"\#(fault.credential("c"))"}"#)
            }
            _ = try await Curl.request("GET", "\(nginx.url)/nowhere")
            let after = try await Metrics.read(from: nginx)
            func increase(_ name: String) -> Double { (after.value(name) ?? 0) - (before.value(name) ?? 0) }

            #expect(increase(#"tiniapp_auth_requests_total{route="exchange",status="200"}"#) == 2)
            #expect(increase(#"tiniapp_auth_requests_total{route="exchange",status="400"}"#) == 1)
            #expect(increase(#"tiniapp_auth_requests_total{route="exchange",status="502"}"#) == 2)
            #expect(increase(#"tiniapp_auth_requests_total{route="refresh",status="200"}"#) == 2)
            #expect(increase(#"tiniapp_auth_shared_requests_total{route="refresh"}"#) == 1)
            #expect(increase(#"tiniapp_auth_request_duration_seconds_count{route="exchange"}"#) == 5)
            // A shared call counts once.
            #expect(increase(#"tiniapp_auth_upstream_request_duration_seconds_count{route="refresh"}"#) == 1)
            #expect(increase(#"tiniapp_auth_request_duration_seconds_bucket{route="refresh",le="+Inf"}"#) == 2)
            #expect(increase(#"tiniapp_auth_upstream_failures_total{reason="not_json"}"#) == 1)
            #expect(increase(#"tiniapp_auth_upstream_failures_total{reason="connection_lost"}"#) == 1)
            #expect(after.value("tiniapp_auth_upstream_connections_opened_total") == Double(upstream.accepted))
            #expect(after.value("tiniapp_auth_requests_in_flight") == 1, "the one that asks")
            #expect(abs(after.value("tiniapp_auth_clock_skew_seconds") ?? 99) < 2)
            #expect(after.text.contains("# TYPE tiniapp_auth_requests_total counter\n"))
            #expect(after.text.contains("# TYPE tiniapp_auth_request_duration_seconds histogram\n"))
            await nginx.stop()
            await backend.stop()
        }

        @Test("The metrics are served only to this machine's own address, whatever a header says")
        func loopbackOnly() async throws {
            let backend = try await Backend.start(upstream: "http://127.0.0.1:9/auth/token")
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let own = try await Curl.request("GET", "\(nginx.url)/metrics")
            #expect(own.status == 200)
            #expect(own.headers["Content-Type"] == ["text/plain; version=0.0.4; charset=utf-8"])
            // 127.0.0.2 is on this machine, too, but counts as another client.
            let headers = ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1"]
            for fields in [[], headers] {
                let other = try await Curl.request(
                    "GET",
                    "\(nginx.url)/metrics",
                    headers: fields,
                    arguments: ["--interface", "127.0.0.2"]
                )
                try expectError(other, 403, "forbidden")
                #expect(!other.text.contains("tiniapp_auth_requests"))
            }
            await nginx.stop()
            await backend.stop()
        }
    }
}
