import Transport

/// Why a command got no usable reply. It may have been carried out all the same.
enum RedisFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no connection, and the last attempt to open one failed.
    case unreachable(ConnectFailure.Reason)
    /// No reply in time.
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
    /// The user lacks a permission, in the form of an ACL rule.
    case notAllowed(String)
    /// The server works, but cannot keep what the store promises, and is required to: the reasons, for an operator.
    case unfit(String)
    /// Too many commands are waiting for their reply.
    case overloaded
    /// The client was closed.
    case closed

    /// The codes of what has neither a reason of its own nor an error reply.
    private enum Code: String, CaseIterable {
        case timeout
        case connectionLost = "connection_lost"
        case notRedis = "not_redis"
        case tooLarge = "reply_too_large"
        case unexpectedReply = "unexpected_reply"
        case unfit
        case overloaded
        case closed
    }

    /// Every ``code`` there is.
    static let codes =
        ConnectFailure.Reason.allCases.map(\.rawValue) + RedisErrorReply.allCases.map(\.rawValue)
        + Code.allCases.map(\.rawValue)

    /// A stable code for log and metrics.
    var code: String {
        switch self {
        case .unreachable(let reason): reason.rawValue
        case .refused(let error): error.rawValue
        case .notAllowed: RedisErrorReply.noPermission.rawValue
        case .timeout: Code.timeout.rawValue
        case .connectionLost: Code.connectionLost.rawValue
        case .notRedis: Code.notRedis.rawValue
        case .tooLarge: Code.tooLarge.rawValue
        case .unexpectedReply: Code.unexpectedReply.rawValue
        case .unfit: Code.unfit.rawValue
        case .overloaded: Code.overloaded.rawValue
        case .closed: Code.closed.rawValue
        }
    }

    /// For an operator.
    var description: String {
        switch self {
        case .unreachable(let reason): "it cannot be reached (\(reason.rawValue))"
        case .timeout: "no answer in time"
        case .connectionLost: "it closed the connection"
        case .notRedis: "it does not speak Redis' protocol"
        case .tooLarge: "its answer is too large"
        case .unexpectedReply: "its answer does not fit the command"
        case .refused(let error): error.text
        case .notAllowed(let rule): "the user lacks a permission: \(rule)"
        case .unfit(let reasons): reasons
        case .overloaded: "too many commands wait for it"
        case .closed: "closed here"
        }
    }
}
