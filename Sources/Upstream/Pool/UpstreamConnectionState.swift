/// The state of a connection: a value without a socket, so that each transition can be read and tested by itself.
///
/// ```
/// connecting ─▶ idle ─▶ request written ─▶ answer coming ─▶ answered ─▶ idle
///      └─────────┴────────────┴────────────────┴──────────────┴──▶ closing ─▶ closed
/// ```
struct UpstreamConnectionState: Equatable {
    enum Phase: Equatable {
        /// Name, TCP or TLS is under way.
        case connecting
        /// Ready for a call.
        case idle
        /// From just before the first byte of a request is handed to the channel.
        case requestWritten
        /// The head of the answer is there.
        case answerComing
        /// The answer is complete. The connection is idle again when nothing has come after it by the next turn.
        case answered
        /// Told to close; carries no call, and is no longer counted.
        case closing
        /// Has no socket any more.
        case closed
    }

    /// Whether it was opened as a warm connection, and not for a call that waits.
    let isWarm: Bool
    private(set) var phase = Phase.connecting
    /// Whether it has received a complete answer.
    private(set) var hasServed = false
    /// Whether the current call is the last one.
    private var isLast = false
    /// Whether all of the current request has been written.
    private var isWritten = false

    init(isWarm: Bool) {
        self.isWarm = isWarm
    }

    /// The connection is open.
    ///
    /// - Returns: whether it is still wanted; else it must be closed.
    mutating func didOpen() -> Bool {
        guard phase == .connecting else { return false }
        phase = .idle
        return true
    }

    /// A request is about to be written.
    ///
    /// - Returns: whether it may be; else not a byte of it leaves.
    mutating func willWrite() -> Bool {
        guard phase == .idle else { return false }
        phase = .requestWritten
        isWritten = false
        return true
    }

    /// All of the request has been written.
    mutating func didWrite() {
        isWritten = true
    }

    /// Bytes have arrived.
    mutating func didReceive() -> Reception {
        switch phase {
        case .requestWritten, .answerComing: .expected
        case .connecting, .idle, .answered: .unasked
        case .closing, .closed: .ignored
        }
    }

    /// The head of the answer is complete.
    mutating func didReceiveHead() {
        if phase == .requestWritten { phase = .answerComing }
    }

    /// The answer is complete.
    ///
    /// - Parameter isLast: whether the server closes, or has sent more than the answer.
    mutating func didReceiveEnd(isLast: Bool) {
        guard phase == .requestWritten || phase == .answerComing else { return }
        phase = .answered
        hasServed = true
        self.isLast = self.isLast || isLast
    }

    /// Whether it may carry another call once it has settled. A server that answers before it has the whole request may
    /// take the rest of it for the next one.
    func mayServeAgain() -> Bool { phase == .answered && !isLast && isWritten }

    /// Nothing has come after the answer.
    ///
    /// - Returns: whether it is idle now; else it must be closed.
    mutating func didSettle() -> Bool {
        guard mayServeAgain() else { return false }
        phase = .idle
        return true
    }

    /// It must not carry another call after the current one.
    ///
    /// - Returns: whether it must be closed now.
    mutating func retire() -> Bool {
        switch phase {
        case .connecting, .idle:
            return true
        case .requestWritten, .answerComing, .answered:
            isLast = true
            return false
        case .closing, .closed:
            return false
        }
    }

    /// It is being closed.
    mutating func willClose() -> Ending { leave(for: .closing) }
    /// It has been closed, by us or by the server.
    mutating func didClose() -> Ending { leave(for: .closed) }

    private mutating func leave(for end: Phase) -> Ending {
        defer { if phase != .closed { phase = end } }
        return switch phase {
        case .connecting, .idle, .answered: .withoutCall
        case .requestWritten: .inCall(answerHadBegun: false)
        case .answerComing: .inCall(answerHadBegun: true)
        case .closing, .closed: .known
        }
    }
}

// The transitions' inputs, and the actions that they return.
extension UpstreamConnectionState {
    /// The action for received bytes.
    enum Reception: Equatable {
        /// Take them.
        case expected
        /// Drop them: the connection is closing.
        case ignored
        /// End the connection: they answer no request.
        case unasked
    }

    /// The meaning of the connection's end.
    enum Ending: Equatable {
        /// It had ended before.
        case known
        /// It carried no call.
        case withoutCall
        /// It carried one whose bytes may have left.
        case inCall(answerHadBegun: Bool)
    }
}
