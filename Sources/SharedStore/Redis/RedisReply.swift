/// A server's reply (RESP2).
enum RedisReply: Sendable, Equatable {
    case string([UInt8])
    case status(String)
    case integer(Int64)
    case null
    case array([RedisReply])
    case error(RedisErrorReply)
}

/// The kinds of error replies that matter. The raw value is a stable code for log and metrics. The reply's text is not kept,
/// since it may repeat what was sent.
enum RedisErrorReply: String, CaseIterable, Sendable {
    case loading = "loading"
    case readOnly = "read_only"
    case outOfMemory = "out_of_memory"
    case notAuthenticated = "not_authenticated"
    case wrongPassword = "wrong_password"
    case noPassword = "no_password_expected"
    case noPermission = "no_permission"
    case noKeyPermission = "no_key_permission"
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

    /// - Parameter text: begins with a word that tells the kind; `ERR` stands for all others, told apart by the sentence.
    init(_ text: String) {
        // Redis 5 and 6 wrap a script's error: "ERR Error running script (call to f_…): @user_script:2: @user_script: 2:
        // -READONLY …".
        let isWrapped = text.hasPrefix("ERR Error running script")
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let word = isWrapped ? words.lazy.map { $0.drop { $0 == "-" } }.first(where: Self.isKind) : words.first
        if word == "NOPERM" {
            // "… to access one of the keys used as arguments" (Redis 7.0), "No permissions to access a key" (later, and Valkey).
            self =
                text.contains("access one of the keys") || text.contains("access a key")
                ? .noKeyPermission : .noPermission
        } else {
            self = Self.words[word ?? ""] ?? Self.sentences.first { text.contains($0.part) }?.error ?? .other
        }
    }

    private static let words: [Substring: RedisErrorReply] = [
        "LOADING": .loading, "READONLY": .readOnly, "OOM": .outOfMemory, "NOAUTH": .notAuthenticated,
        "WRONGPASS": .wrongPassword, "DENIED": .protected, "MOVED": .cluster, "ASK": .cluster, "CROSSSLOT": .cluster,
        "CLUSTERDOWN": .cluster, "TRYAGAIN": .cluster, "MASTERDOWN": .primaryDown, "MISCONF": .notPersisted,
        "NOREPLICAS": .notReplicated, "BUSY": .busy, "WRONGTYPE": .wrongType,
    ]

    private static func isKind(_ word: Substring) -> Bool {
        word.count > 2 && word != "ERR" && word.utf8.allSatisfy((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains)
    }

    private static let sentences: [(part: String, error: RedisErrorReply)] = [
        ("without any password configured", .noPassword), ("no password is set", .noPassword),
        ("DB index is out of range", .noDatabase), ("invalid DB index", .noDatabase),
        ("max number of clients", .tooManyClients), ("ERR unknown command", .unknownCommand),
        // Of a command within a script.
        ("The user executing the script can't run this command", .noPermission),
        ("The user executing the script can't access at least one of the keys", .noKeyPermission),
    ]

    /// Whether another connection might lead to a server that can help.
    var endsConnection: Bool {
        switch self {
        case .loading, .readOnly, .notAuthenticated, .primaryDown: true
        default: false
        }
    }

    /// For an operator.
    var text: String {
        switch self {
        case .loading: "it is still loading its data"
        case .readOnly: "it is a replica that takes no writes"
        case .outOfMemory: "its memory is full"
        case .notAuthenticated: "it wants a password, and none is set"
        case .wrongPassword: "it does not accept the user and password"
        case .noPassword: "it has no password, but one is set here"
        case .noPermission: "the user lacks a permission"
        case .noKeyPermission: "the user may not use the keys tiniapp-auth:*"
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
