import Transport

/// Why a command got no usable reply. Except after ``unreachable`` and ``overloaded``, it may have been carried out.
package enum RedisFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no connection, and the last attempt to open one failed.
    case unreachable(ConnectFailure.Reason)
    /// No reply in time. The connection was closed.
    case timeout
    /// The connection ended before the reply.
    case connectionLost
    /// The server sent something that is not a reply, or that nobody asked for. The connection was closed.
    case notRedis
    /// A reply exceeds the limit. The connection was closed.
    case tooLarge
    /// The reply's type does not fit the command.
    case unexpectedReply
    /// An error reply.
    case refused(RedisErrorReply)
    /// Too many commands are waiting for their reply.
    case overloaded
    /// The client was closed.
    case closed

    /// Every failure there is.
    package static let all: [RedisFailure] =
        ConnectFailure.Reason.allCases.map(unreachable) + RedisErrorReply.allCases.map(refused) + [
            .timeout, .connectionLost, .notRedis, .tooLarge, .unexpectedReply, .overloaded, .closed,
        ]

    /// A stable code for log and metrics.
    package var code: String {
        switch self {
        case .unreachable(let reason): reason.rawValue
        case .timeout: "timeout"
        case .connectionLost: "connection_lost"
        case .notRedis: "not_redis"
        case .tooLarge: "reply_too_large"
        case .unexpectedReply: "unexpected_reply"
        case .refused(let error): error.rawValue
        case .overloaded: "overloaded"
        case .closed: "closed"
        }
    }

    /// For an operator.
    package var description: String {
        switch self {
        case .unreachable(let reason): "it cannot be reached (\(reason.rawValue))"
        case .timeout: "no answer in time"
        case .connectionLost: "it closed the connection"
        case .notRedis: "what it says is not Redis' protocol"
        case .tooLarge: "its answer is too large"
        case .unexpectedReply: "its answer is not one to the question"
        case .refused(let error): error.text
        case .overloaded: "too many commands wait for it"
        case .closed: "closed here"
        }
    }
}
