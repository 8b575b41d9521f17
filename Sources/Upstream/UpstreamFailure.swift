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

    /// The codes of what fails once there is a connection.
    private enum Code: String, CaseIterable {
        case connectionLost = "connection_lost"
        case cutOff = "cut_off"
        case notHTTP = "not_http"
        case tooLarge = "too_large"
        case timeout
        case closed = "shutting_down"
    }

    /// Every ``code`` there is.
    package static let codes = ConnectFailure.Reason.allCases.map(\.rawValue) + Code.allCases.map(\.rawValue)

    /// A stable code for log and metrics.
    package var code: String {
        switch self {
        case .unreachable(let reason): reason.rawValue
        case .connectionLost: Code.connectionLost.rawValue
        case .cutOff: Code.cutOff.rawValue
        case .notHTTP: Code.notHTTP.rawValue
        case .tooLarge: Code.tooLarge.rawValue
        case .timeout: Code.timeout.rawValue
        case .closed: Code.closed.rawValue
        }
    }
}
