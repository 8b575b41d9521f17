import NIOCore
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
    package var upstreamDuration: TimeAmount?
    /// A stable code for the log: why there is no answer from Tiki, more exactly than the error says. nil if there is
    /// one, and for errors before the call.
    package var failureCode: String?
    /// Whether the call's token may be sent again.
    package var token: TokenState
    /// The owner of the access token, if a request asked for one and Tiki's answer names one.
    package var owner: TokenOwner?

    package init(
        result: Result<TikiAnswer, AuthError>,
        isShared: Bool = false,
        attempts: Int = 0,
        upstreamDuration: TimeAmount? = nil,
        failureCode: String? = nil,
        token: TokenState = .free
    ) {
        self.result = result
        self.isShared = isShared
        self.attempts = attempts
        self.upstreamDuration = upstreamDuration
        self.failureCode = failureCode
        self.token = token
    }

    /// Whether Tiki does not know the token, or has forgotten it.
    package var isRefusal: Bool {
        guard case .success(let answer) = result else { return false }
        return answer.errorReason == TikiReason.invalidToken.rawValue
    }

    /// Looks for the owner in Tiki's answer.
    mutating func readOwner() {
        if case .success(let answer) = result { owner = TokenOwner(answer) }
    }
}

extension AuthOutcome {
    /// For the request that began a call.
    init(_ outcome: UpstreamCall.Outcome) {
        let wasSent = outcome.attempts > 0
        self.init(
            result: .failure(.upstreamInvalidResponse),
            attempts: outcome.attempts,
            upstreamDuration: outcome.duration,
            token: wasSent ? .inDoubt : .free
        )
        switch outcome.result {
        case .failure(let failure):
            result = .failure(AuthError(failure, wasSent: wasSent))
            failureCode = failure.code
        case .success(let response):
            do throws(TikiAnswer.Problem) {
                let answer = try TikiAnswer(response)
                result = .success(answer)
                token = answer.tokenState
            } catch {
                let retryAfter = TikiAnswer.retryAfter(response.fields)
                result = .failure(AuthError(unreadable: response.status, retryAfter: retryAfter))
                failureCode = error.rawValue
                token = TokenState(
                    status: response.status,
                    hasRetryAfter: retryAfter != nil,
                    reason: nil,
                    isReadable: false
                )
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
    init(unreadable status: Int, retryAfter: String?) {
        switch status {
        case 429: self = .upstreamTooManyRequests(retryAfter: retryAfter)
        case 503: self = .upstreamUnavailable(retryAfter: retryAfter)
        default: self = .upstreamInvalidResponse
        }
    }
}
