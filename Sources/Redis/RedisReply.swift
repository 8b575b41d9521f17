/// A server's reply (RESP2).
package enum RedisReply: Sendable, Equatable {
    case string([UInt8])
    case status(String)
    case integer(Int64)
    case null
    case array([RedisReply])
    case error(RedisErrorReply)
}

/// The kinds of error replies that matter, told apart by their first word. The raw value is a stable code for log and
/// metrics. The reply's text is not kept, since it may repeat what was sent.
package enum RedisErrorReply: String, CaseIterable, Sendable {
    case loading = "loading"
    case readOnly = "read_only"
    case outOfMemory = "out_of_memory"
    case notAuthenticated = "not_authenticated"
    case wrongPassword = "wrong_password"
    case noPassword = "no_password_expected"
    case noPermission = "no_permission"
    case noDatabase = "no_such_database"
    case tooManyClients = "too_many_clients"
    case protected = "protected_mode"
    case cluster = "cluster"
    case primaryDown = "primary_down"
    case notPersisted = "not_persisted"
    case notReplicated = "not_replicated"
    case busy = "busy"
    case wrongType = "wrong_type"
    case unknownCommand = "unknown_command"
    case other = "error"

    init(_ text: String) {
        switch text.prefix(while: { $0 != " " }) {
        case "LOADING": self = .loading
        case "READONLY": self = .readOnly
        case "OOM": self = .outOfMemory
        case "NOAUTH": self = .notAuthenticated
        case "WRONGPASS": self = .wrongPassword
        case "NOPERM": self = .noPermission
        case "DENIED": self = .protected
        case "MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN", "TRYAGAIN": self = .cluster
        case "MASTERDOWN": self = .primaryDown
        case "MISCONF": self = .notPersisted
        case "NOREPLICAS": self = .notReplicated
        case "BUSY": self = .busy
        case "WRONGTYPE": self = .wrongType
        default: self = Self.byText(text)
        }
    }

    /// Errors without a first word of their own, told apart by the rest of their text.
    private static func byText(_ text: String) -> RedisErrorReply {
        if text.contains("without any password configured") || text.contains("no password is set") {
            return .noPassword
        }
        if text.contains("DB index is out of range") || text.contains("invalid DB index") { return .noDatabase }
        if text.contains("max number of clients") { return .tooManyClients }
        if text.hasPrefix("ERR unknown command") { return .unknownCommand }
        return .other
    }

    /// Whether another connection might lead to a server that can help.
    var endsConnection: Bool {
        switch self {
        case .loading, .readOnly, .notAuthenticated, .primaryDown: true
        default: false
        }
    }

    /// For an operator.
    package var text: String {
        switch self {
        case .loading: "it is still loading its data"
        case .readOnly: "it is a replica that takes no writes"
        case .outOfMemory: "its memory is full"
        case .notAuthenticated: "it wants a password, and none is set"
        case .wrongPassword: "it does not accept the user and password"
        case .noPassword: "it has no password, but one is set here"
        case .noPermission: "the user is not allowed to do what is needed"
        case .noDatabase: "it has no database of that number"
        case .tooManyClients: "it has too many clients"
        case .protected: "it is in protected mode, and takes no connections from other machines"
        case .cluster: "it is part of a cluster, which is not supported"
        case .primaryDown: "it is a replica whose primary is down"
        case .notPersisted: "it takes no writes, since it cannot write to its disk"
        case .notReplicated: "it takes no writes, since it has too few replicas"
        case .busy: "it is busy with somebody's script"
        case .wrongType: "a key is in use for something else"
        case .unknownCommand: "it does not know a command that is needed"
        case .other: "it answers with an error"
        }
    }
}
