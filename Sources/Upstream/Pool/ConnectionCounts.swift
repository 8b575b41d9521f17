/// How many connections are in which state. Those that are closing or closed are not counted.
struct ConnectionCounts: Equatable {
    /// States that are counted alike.
    enum Kind: Equatable {
        /// For a call that waits.
        case connecting
        /// To be ready.
        case warming
        case ready
        case inUse
    }

    private(set) var connecting = 0
    private(set) var warming = 0
    private(set) var ready = 0
    private(set) var inUse = 0

    /// All of them.
    var total: Int { connecting + warming + ready + inUse }

    /// Moves one connection.
    ///
    /// - Parameters:
    ///   - old: nil if it is new.
    ///   - new: nil if it has ended.
    mutating func move(from old: Kind?, to new: Kind?) {
        if let old { self[old] -= 1 }
        if let new { self[new] += 1 }
    }

    private subscript(kind: Kind) -> Int {
        get {
            switch kind {
            case .connecting: connecting
            case .warming: warming
            case .ready: ready
            case .inUse: inUse
            }
        }
        set {
            switch kind {
            case .connecting: connecting = newValue
            case .warming: warming = newValue
            case .ready: ready = newValue
            case .inUse: inUse = newValue
            }
        }
    }
}

extension UpstreamConnectionState {
    /// The kind under which it is counted; nil once it has ended.
    var kind: ConnectionCounts.Kind? {
        switch phase {
        case .connecting: isWarm ? .warming : .connecting
        case .idle: .ready
        case .requestWritten, .answerComing, .answered: .inUse
        case .closing, .closed: nil
        }
    }
}
