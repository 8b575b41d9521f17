import FastCGI
import Logging
import Metrics
import NIOPosix
import TestSupport
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct RequestHandlerTests {
    let exporter = PrometheusExporter(help: Metric.help)

    /// Runs the body with a handler, where it lives.
    func withHandler<Value: Sendable>(_ body: @escaping @Sendable (RequestHandler) throws -> Value) throws -> Value {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try eventLoop.submit {
            let service = try AuthService(
                try SettingsFixture.configuration(["UPSTREAM_WARM_CONNECTIONS": "0"]).service,
                eventLoop: eventLoop,
                logger: logger,
                metrics: NOOPMetricsHandler.instance
            )
            let handler = RequestHandler(
                service: service,
                validation: DomainValidation(),
                exporter: exporter,
                log: RequestLog(logger: logger, project: nil),
                maxBodyBytes: 100
            )
            return try body(handler)
        }.wait()
    }

    func refuse(_ head: FastCGIRequest.Head, because reason: FastCGIRefusal) throws -> FastCGIResponse {
        try withHandler { $0.refuse(head, because: reason) }
    }

    func request(_ path: String = "/auth_exchange", id: String) -> FastCGIRequest.Head {
        FastCGIRequest.make("POST", path, params: ["REQUEST_ID": id]).head
    }

    @Test(
        "A refusal is an error like any other, with a Retry-After header",
        arguments: [(.overloaded, "overloaded"), (.shuttingDown, "shutting_down")] as [(FastCGIRefusal, String)]
    )
    func refusal(refusal: FastCGIRefusal, reason: String) throws {
        let response = try refuse(request(id: "id-1"), because: refusal)
        #expect(response.status == 503)
        #expect(response.reasonPhrase == "Service Unavailable")
        let headers = Dictionary(response.headers.map { ($0.name, $0.value) }) { "\($0), \($1)" }
        #expect(
            headers == [
                "Content-Type": "application/json", "Content-Length": "\(response.body.count)",
                "Cache-Control": "no-store", "Pragma": "no-cache",
                "X-Request-Id": "id-1", "Retry-After": "1",
            ]
        )
        let body = String(decoding: response.body, as: UTF8.self)
        for part in [#""code":503"#, #""reason":"\#(reason)""#, #""metadata":{"request_id":"id-1"}"#] {
            #expect(body.contains(part))
        }
    }

    @Test("A refused request without a usable id gets a new one, the same in header and body")
    func requestID() throws {
        let response = try refuse(request(id: "bad id\r\n"), because: .overloaded)
        let field = try #require(response.headers.first { $0.name == "X-Request-Id" }?.value)
        #expect(field.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        #expect(String(decoding: response.body, as: UTF8.self).contains(#""request_id":"\#(field)""#))
    }

    @Test("A refusal is counted as a request like any other")
    func counted() throws {
        try withHandler { handler in
            for path in ["/auth_exchange", "/auth_exchange", "/S3CR3T"] {
                _ = handler.refuse(request(path, id: "id"), because: .overloaded)
            }
        }
        let lines = exporter.text().split(separator: "\n")
        #expect(lines.contains(#"tiniapp_auth_requests_total{route="exchange",status="503"} 2"#))
        #expect(lines.contains(#"tiniapp_auth_requests_total{route="unknown",status="503"} 1"#))
        #expect(lines.contains(#"tiniapp_auth_request_duration_seconds_count{route="exchange"} 2"#))
        #expect(!exporter.text().contains("S3CR3T"))
    }

    @Test("The counters of the calls exist from the start, and a status without one counts with its class")
    func countersFromTheStart() throws {
        let metrics = RequestMetrics(exporter)
        let lines = exporter.text().split(separator: "\n")
        for route in AuthRoute.allCases {
            for status in Set(AuthError.Reason.allCases.map(\.status)).union([200]) {
                #expect(lines.contains(#"tiniapp_auth_requests_total{route="\#(route)",status="\#(status)"} 0"#))
            }
        }
        for status in [520, 599, 418, 302, 777] { metrics.answered(.auth(.info), status: status, after: .zero) }
        let text = exporter.text()
        for (kind, count) in [("5xx", 2), ("4xx", 1), ("3xx", 1), ("7xx", 1)] {
            #expect(text.contains("tiniapp_auth_requests_total{route=\"info\",status=\"\(kind)\"} \(count)\n"))
        }
    }

    @Test("A path that is not for everybody is there only behind a server that guards it")
    func internalPaths() throws {
        try withHandler { handler in
            var statuses: [Int] = []
            for (name, value) in [
                ("INTERNAL_PATHS", "guarded"), ("INTERNAL_PATHS", "open"), ("HTTP_INTERNAL_PATHS", "guarded"),
            ] {
                let request = FastCGIRequest.make("GET", "/metrics", params: [name: value])
                let writer = ResponseWriter(head: request.head) { response, delivered in
                    statuses.append(response.status)
                    delivered(.sent)
                }
                handler.handle(request, writer)
            }
            #expect(statuses == [200, 404, 404])
        }
    }
}
