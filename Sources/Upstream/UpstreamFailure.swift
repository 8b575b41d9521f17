import Transport

/// Why a call has brought no answer.
package enum UpstreamFailure: Error, Equatable, Sendable {
    /// The connection could not be opened: nothing was sent.
    case unreachable(ConnectFailure.Reason)
    /// The connection ended before an answer began.
    case connectionLost
    /// The connection ended within the answer.
    case cutOff
    /// The answer is not HTTP.
    case notHTTP
    /// The answer is over the limit.
    case tooLarge
    /// The deadline has passed.
    case timeout
    /// The client has been closed.
    case closed

    /// All there are.
    package static let all: [UpstreamFailure] =
        ConnectFailure.Reason.allCases.map(unreachable) + [
            .connectionLost, .cutOff, .notHTTP, .tooLarge, .timeout, .closed,
        ]

    /// A stable code for log and metrics.
    package var code: String {
        switch self {
        case .unreachable(let reason): reason.rawValue
        case .connectionLost: "connection_lost"
        case .cutOff: "cut_off"
        case .notHTTP: "not_http"
        case .tooLarge: "too_large"
        case .timeout: "timeout"
        case .closed: "shutting_down"
        }
    }
}
