/// Tiki's answer as it came.
package struct UpstreamAnswer: Sendable, Equatable {
    /// The HTTP status.
    package let status: Int
    /// The body: JSON, else there is no answer.
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Why there is no answer. For the log; the client learns it through ``AuthError``.
enum UpstreamFailure: Error, Equatable {
    /// The connection could not be opened: nothing was sent.
    case unreachable
    /// The connection ended before a whole answer was there, or what came is not HTTP.
    case connectionLost
    /// The answer is over the limit.
    case tooLarge
    /// The answer is not JSON.
    case notJSON
    /// The deadline has passed.
    case timeout
    /// The client has been closed.
    case closed

    var authError: AuthError {
        switch self {
        case .unreachable: .upstreamUnreachable
        case .connectionLost, .tooLarge, .notJSON: .upstreamInvalidResponse
        case .timeout: .upstreamTimeout
        case .closed: .shuttingDown
        }
    }
}
