/// Why there is no answer of Tiki's. The client learns it coarsely, through ``AuthError``; log and metrics by its word.
enum UpstreamFailure: Error, Equatable {
    /// The connection could not be opened: nothing was sent.
    case unreachable(ConnectFailure.Reason)
    /// The connection ended before an answer began.
    case connectionLost
    /// The connection ended within the answer.
    case cutOff
    /// What came is not HTTP.
    case notHTTP
    /// The answer's status is one that brings no JSON: 1xx, 3xx, 204 or 205.
    case unexpectedStatus
    /// The answer is encoded, which was not asked for.
    case encoded
    /// The answer is over the limit.
    case tooLarge
    /// The answer is not JSON.
    case notJSON
    /// The deadline has passed.
    case timeout
    /// The client has been closed.
    case closed

    /// All there are.
    static let all: [UpstreamFailure] =
        ConnectFailure.Reason.allCases.map(unreachable) + [
            .connectionLost, .cutOff, .notHTTP, .unexpectedStatus, .encoded, .tooLarge, .notJSON, .timeout, .closed,
        ]

    /// The stable word for log and metrics.
    var word: String {
        switch self {
        case .unreachable(let reason): reason.rawValue
        case .connectionLost: "connection_lost"
        case .cutOff: "cut_off"
        case .notHTTP: "not_http"
        case .unexpectedStatus: "unexpected_status"
        case .encoded: "encoded"
        case .tooLarge: "too_large"
        case .notJSON: "not_json"
        case .timeout: "timeout"
        case .closed: "shutting_down"
        }
    }

    /// What the client learns.
    var authError: AuthError {
        switch self {
        case .unreachable: .upstreamUnreachable
        case .connectionLost, .cutOff, .notHTTP, .unexpectedStatus, .encoded, .tooLarge, .notJSON:
            .upstreamInvalidResponse
        case .timeout: .upstreamTimeout
        case .closed: .shuttingDown
        }
    }
}
