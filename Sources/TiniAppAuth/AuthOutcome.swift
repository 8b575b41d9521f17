/// What became of one request: for its answer, its log line and the metrics.
package struct AuthOutcome: Sendable {
    /// Tiki's answer as it came, or our own error.
    package var result: Result<UpstreamAnswer, AuthError>
    /// Whether it joined a call that another request had begun.
    package var isShared: Bool
    /// How often the call was sent to Tiki; 0 if it never was.
    package var attempts: Int
    /// From the first time the call was sent to its end; nil if it never was sent.
    package var upstreamDuration: Duration?
    /// The finer word for the log on why there is no answer of Tiki's; nil if there is one, and for errors that came
    /// before the call.
    package var failure: String?

    package init(
        result: Result<UpstreamAnswer, AuthError>,
        isShared: Bool = false,
        attempts: Int = 0,
        upstreamDuration: Duration? = nil,
        failure: String? = nil
    ) {
        self.result = result
        self.isShared = isShared
        self.attempts = attempts
        self.upstreamDuration = upstreamDuration
        self.failure = failure
    }
}

extension AuthOutcome {
    /// For the request that began a call.
    init(_ outcome: UpstreamCall.Outcome) {
        self.init(
            result: outcome.result.mapError(\.authError),
            attempts: outcome.attempts,
            upstreamDuration: outcome.duration
        )
        if case .failure(let failure) = outcome.result { self.failure = failure.word }
    }
}
