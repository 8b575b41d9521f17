import Text
import Upstream

/// The outcome of one request, for its answer, its log line and the metrics.
package struct AuthOutcome: Sendable {
    /// Tiki's answer as it came, or our own error.
    package var result: Result<TikiAnswer, AuthError>
    /// Whether it joined a call that another request had begun.
    package var isShared: Bool
    /// Whether the call's answer came after the deadline of the request that began it.
    package var isLate = false
    /// Seconds since the call ended, if this is a kept outcome; nil if the request waited for the call.
    package var age: Int?
    /// How often the call was sent to Tiki; 0 if it never was.
    package var attempts: Int
    /// From the first sending of the call to its end; nil if it was never sent.
    package var upstreamDuration: Duration?
    /// A stable code for the log: why there is no answer from Tiki, more exactly than the error says. nil if there is
    /// one, and for errors before the call.
    package var failureCode: String?

    package init(
        result: Result<TikiAnswer, AuthError>,
        isShared: Bool = false,
        attempts: Int = 0,
        upstreamDuration: Duration? = nil,
        failureCode: String? = nil
    ) {
        self.result = result
        self.isShared = isShared
        self.attempts = attempts
        self.upstreamDuration = upstreamDuration
        self.failureCode = failureCode
    }
}

extension AuthOutcome {
    /// For the request that began a call.
    init(_ outcome: UpstreamCall.Outcome) {
        self.init(
            result: .failure(.upstreamInvalidResponse),
            attempts: outcome.attempts,
            upstreamDuration: outcome.duration
        )
        switch outcome.result {
        case .failure(let failure):
            result = .failure(AuthError(failure, wasSent: outcome.attempts > 0))
            failureCode = failure.code
        case .success(let response):
            do throws(TikiAnswer.Problem) {
                result = .success(try TikiAnswer(response))
            } catch {
                result = .failure(AuthError(unreadable: response))
                failureCode = error.rawValue
            }
        }
    }
}

extension AuthError {
    /// The error for a call that got no answer.
    init(_ failure: UpstreamFailure, wasSent: Bool) {
        switch failure {
        // It waited for a connection until its time was up. Nothing was sent, so the code can still be used.
        case .timeout where !wasSent: self = .overloaded
        case .unreachable: self = .upstreamUnreachable
        case .connectionLost, .cutOff, .notHTTP, .tooLarge: self = .upstreamInvalidResponse
        case .timeout: self = .upstreamTimeout
        case .closed: self = .shuttingDown
        }
    }

    /// The error for an answer that cannot be relayed. A 429 or 503 keeps its meaning, whatever its body is.
    init(unreadable response: HTTPResponse) {
        let retryAfter = TikiAnswer.retryAfter(response.fields)
        switch response.status {
        case 429: self = .upstreamTooManyRequests(retryAfter: retryAfter)
        case 503: self = .upstreamUnavailable(retryAfter: retryAfter)
        default: self = .upstreamInvalidResponse
        }
    }
}
