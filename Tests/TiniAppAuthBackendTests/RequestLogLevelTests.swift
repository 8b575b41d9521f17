import FastCGI
import Logging
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct RequestLogLevelTests {
    func level(
        path: String = "/auth_exchange",
        status: Int,
        error: AuthError? = nil,
        outcome: AuthOutcome? = nil,
        delivery: ResponseWriter.Delivery = .sent
    ) -> Logger.Level {
        RequestLog.level(of: .make(path, status: status, error: error, outcome: outcome, delivery: delivery))
    }

    @Test(
        "A user's mistake is info, a failure of Tiki is a warning, and a refused signature is an error",
        arguments: [
            (200, nil, .info), (400, "invalid_code", .info), (401, nil, .info), (429, nil, .info),
            (500, nil, .warning), (503, "busy", .warning), (401, "invalid_signature", .error),
            (400, "invalid_signature", .error),
        ] as [(Int, String?, Logger.Level)]
    )
    func relayed(status: Int, reason: String?, expected: Logger.Level) {
        #expect(level(status: status, outcome: RequestLogTests.answered(status, reason: reason)) == expected)
    }

    @Test(
        "Errors are logged as info, warning or error if the client, Tiki or the backend caused them",
        arguments: [
            (.payload(.missingKey("code")), .info), (.notFound, .info), (.methodNotAllowed(allowed: "POST"), .info),
            (.payloadTooLarge(limit: 1), .info), (.unsupportedMediaType, .info), (.upstreamUnreachable, .warning),
            (.upstreamInvalidResponse, .warning), (.upstreamTimeout, .warning), (.overloaded, .error),
            (.shuttingDown, .error),
        ] as [(AuthError, Logger.Level)]
    )
    func own(error: AuthError, expected: Logger.Level) {
        let outcome = AuthOutcome(result: .failure(error))
        #expect(level(status: error.status, outcome: outcome) == expected)
        #expect(level(status: error.status, error: error) == expected, "before any call, the same")
    }

    @Test("A failed verification is a warning, a refused one info, and what nobody takes at least a warning")
    func verification() {
        let answer = RequestLogTests.answered(200)
        #expect(level(status: 503, error: .verificationUnavailable, outcome: answer) == .warning)
        #expect(level(status: 401, error: .invalidAccessToken, outcome: answer) == .info)
        #expect(level(status: 200, outcome: answer, delivery: .peerGone) == .warning)
        #expect(level(status: 503, error: .overloaded, delivery: .peerGone) == .error)
    }

    @Test(
        "Probes, metrics and the greeting are logged for debugging, even with 503, unless they are called wrongly",
        arguments: ["/", "/health/live", "/health/ready", "/metrics"]
    )
    func probes(path: String) {
        #expect(level(path: path, status: 200) == .debug && level(path: path, status: 503) == .debug)
        let error = AuthError.methodNotAllowed(allowed: "GET, HEAD")
        #expect(level(path: path, status: 405, error: error) == .info)
    }
}
