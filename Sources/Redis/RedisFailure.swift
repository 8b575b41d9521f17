import Transport

/// Why a command brought no reply of use. Except for ``unreachable`` and ``overloaded``, it may have been carried out.
package enum RedisFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no connection, and the last attempt to open one has failed.
    case unreachable(ConnectFailure.Reason)
    /// No reply in time. The connection was closed.
    case timeout
    /// The connection ended before the reply.
    case connectionLost
    /// What came is not a reply, or nobody had asked for it. The connection was closed.
    case notRedis
    /// A reply is larger than any that is expected. The connection was closed.
    case tooLarge
    /// A reply of another kind than the command has.
    case unexpectedReply
    /// An error reply.
    case refused(RedisErrorReply)
    /// Too many commands wait for their reply.
    case overloaded
    /// The client was closed.
    case closed

    /// All there are.
    package static let all: [RedisFailure] =
        ConnectFailure.Reason.allCases.map(unreachable) + RedisErrorReply.allCases.map(refused) + [
            .timeout, .connectionLost, .notRedis, .tooLarge, .unexpectedReply, .overloaded, .closed,
        ]

    /// A stable word for log and metrics.
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
