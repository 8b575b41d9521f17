import FastCGI
import Foundation
import Logging
import TestSupport
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

extension RequestLog.Entry {
    static func make(
        _ path: String = "/auth_exchange",
        method: String = "POST",
        status: Int = 200,
        error: AuthError? = nil,
        outcome: AuthOutcome? = nil,
        delivery: ResponseWriter.Delivery = .sent,
        traceContext: String? = nil,
        remoteAddress: String? = "192.0.2.7"
    ) -> RequestLog.Entry {
        let params = ["REMOTE_ADDR": remoteAddress, "HTTP_X_CLOUD_TRACE_CONTEXT": traceContext]
        return RequestLog.Entry(
            head: FastCGIRequest.make(method, path, params: params.compactMapValues(\.self)).head,
            requestID: RequestID("id-1"),
            route: Route(path: path),
            status: status,
            refusal: error,
            outcome: outcome,
            delivery: delivery,
            duration: .microseconds(12_345)
        )
    }
}

struct RequestLogTests {
    static let trace = TraceContextTests.trace
    let recorder = LogRecorder()

    static func answered(_ status: Int, reason: String? = nil) -> AuthOutcome {
        AuthOutcome(
            result: .success(TikiAnswer(status: status, body: Array("S3CR3T".utf8), errorReason: reason)),
            isShared: true,
            attempts: 1,
            upstreamDuration: .milliseconds(10)
        )
    }

    @Test("A relayed answer is logged with every field, and numbers as numbers")
    func relayed() throws {
        let outcome = Self.answered(400, reason: "invalid_code")
        let log = RequestLog(logger: recorder.logger(), project: "p-1")
        log.write(.make(status: 400, outcome: outcome, traceContext: "\(Self.trace)/74;o=1"))
        #expect(try recorder.fields()["time"] != nil)
        let rest = try recorder.line().split(separator: ",", maxSplits: 1).last
        #expect(
            rest == """
                "severity":"INFO","message":"POST /auth_exchange 400","request_id":"id-1","route":"exchange",\
                "status":400,"upstream_status":400,"reason":"invalid_code","duration_ms":12.35,"upstream_ms":10.00,\
                "shared":true,"attempts":1,"httpRequest":{"requestMethod":"POST","requestUrl":"/auth_exchange",\
                "status":400,"latency":"0.012345s","remoteIp":"192.0.2.7"},\
                "logging.googleapis.com/trace":"projects/p-1/traces/\(Self.trace)",\
                "logging.googleapis.com/spanId":"000000000000004a","logging.googleapis.com/trace_sampled":true}

                """
        )
    }

    @Test("A logger with fields of its own adds them to the same line")
    func ownFields() throws {
        RequestLog(logger: recorder.logger(), project: nil).write(.make())
        let other = LogRecorder()
        var logger = other.logger()
        logger[metadataKey: "app"] = "one"
        RequestLog(logger: logger, project: nil).write(.make())
        // From the comma after the time, which differs.
        let (plain, added) = try (recorder.line().drop { $0 != "," }, other.line().drop { $0 != "," })
        #expect(added == plain.replacing(#""request_id""#, with: #""app":"one","request_id""#))
    }

    @Test("A trace without a project has its own name; a malformed one and nginx's word for no address are left out")
    func noProject() throws {
        let entry = RequestLog.Entry.make(traceContext: Self.trace, remoteAddress: "unix:")
        RequestLog(logger: recorder.logger(), project: nil).write(entry)
        let fields = try recorder.fields()
        #expect(fields["logging.googleapis.com/trace"] as? String == Self.trace)
        #expect(fields["logging.googleapis.com/spanId"] == nil)
        #expect(try #require(fields["httpRequest"] as? [String: Any])["remoteIp"] == nil)
        let other = LogRecorder()
        RequestLog(logger: other.logger(), project: "p").write(.make(traceContext: "x/1;o=1"))
        #expect(try !other.line().contains("googleapis"))
    }

    @Test("A kept outcome is in doubt if the token may have been used, whoever made the error, and else replayed")
    func kept() throws {
        for (state, field, other) in [
            (TokenState.inDoubt, "in_doubt", "replayed"), (.settled, "replayed", "in_doubt"),
            (.refused, "replayed", "in_doubt"),
        ] {
            let recorder = LogRecorder()
            var outcome = Self.answered(500)
            (outcome.token, outcome.age) = (state, 3)
            RequestLog(logger: recorder.logger(), project: nil).write(.make(status: 500, outcome: outcome))
            let fields = try recorder.fields()
            #expect(fields[field] as? Bool == true && fields[other] == nil && fields["age"] as? Int == 3)
        }
    }

    @Test(
        "A failed call is logged with a more detailed reason than its answer has",
        arguments: [
            (AuthError.upstreamInvalidResponse, 502, "connection_lost"), (.upstreamTimeout, 504, "timeout"),
        ] as [(AuthError, Int, String)]
    )
    func failed(error: AuthError, status: Int, failure: String) throws {
        let outcome = AuthOutcome(result: .failure(error), attempts: 1, failureCode: failure)
        RequestLog(logger: recorder.logger(), project: nil).write(.make(status: status, outcome: outcome))
        let fields = try recorder.fields()
        #expect(fields["severity"] as? String == "WARNING")
        #expect(fields["reason"] as? String == error.reason)
        #expect(fields["failure"] as? String == failure)
        #expect(fields["upstream_status"] == nil && fields["upstream_ms"] == nil)
    }

    @Test(
        "Text that a client made up is kept out of the log line",
        arguments: [("/S3CR3T", "POST"), ("/auth_exchange", "S3CR3T"), ("/S3CR3T", "S3CR3T"), ("/metrics/S3CR3T", "X")]
    )
    func madeUp(path: String, method: String) throws {
        let error = AuthError.notFound
        let log = RequestLog(logger: recorder.logger(), project: nil)
        log.write(
            .make(path, method: method, status: 404, error: error, traceContext: "S3CR3T", remoteAddress: "S3CR3T")
        )
        #expect(try !recorder.line().contains("S3CR3T"))
        #expect(try recorder.fields()["message"] as? String != nil)
    }
}
