/// How far a connection is: a value without a socket, so that each transition can be read and tested by itself.
///
/// ```
/// connecting ─▶ idle ─▶ request written ─▶ answer coming ─▶ answered ─▶ idle
///      └─────────┴────────────┴────────────────┴──────────────┴──▶ closing ─▶ closed
/// ```
struct UpstreamConnectionState: Equatable {
    enum Phase: Equatable {
        /// Name, TCP or TLS is under way.
        case connecting
        /// Ready for a call. An ageing one is near its end: it still serves, but is no longer counted on.
        case idle(isAgeing: Bool)
        /// From just before the first byte of a request is handed to the channel.
        case requestWritten
        /// The head of the answer is there.
        case answerComing
        /// The answer is whole. The connection is free when nothing has come behind it.
        case answered
        /// Told to close; carries no call, and is no longer counted.
        case closing
        /// Has no socket any more.
        case closed
    }

    /// Whether it is opened to be ready, and not for a call that waits.
    let isWarm: Bool
    private(set) var phase = Phase.connecting
    /// Whether it has brought a whole answer.
    private(set) var hasServed = false
    private var isLast = false

    init(isWarm: Bool) {
        self.isWarm = isWarm
    }

    /// The connection is there.
    ///
    /// - Returns: whether it is still wanted; else it must be closed.
    mutating func didOpen() -> Bool {
        guard phase == .connecting else { return false }
        phase = .idle(isAgeing: false)
        return true
    }

    /// It has been idle so long that its end is near.
    ///
    /// - Returns: whether that changes anything.
    mutating func age() -> Bool {
        guard phase == .idle(isAgeing: false) else { return false }
        phase = .idle(isAgeing: true)
        return true
    }

    /// A request is about to be written.
    ///
    /// - Returns: whether it may be; else not a byte of it leaves.
    mutating func willWrite() -> Bool {
        guard case .idle = phase else { return false }
        phase = .requestWritten
        return true
    }

    /// A part of an answer is there.
    mutating func didReceive(_ part: Part) -> Reception {
        switch (phase, part) {
        case (.requestWritten, .head):
            phase = .answerComing
        case (.answerComing, .body):
            break
        case (.answerComing, .end(let isLast)):
            phase = .answered
            hasServed = true
            self.isLast = self.isLast || isLast
        case (.closing, _), (.closed, _):
            return .ignored
        default:
            return .unasked
        }
        return .expected
    }

    /// Everything that had arrived together has been taken.
    mutating func didCompleteRead() -> AfterRead {
        guard phase == .answered else { return .nothing }
        if isLast { return .close }
        phase = .idle(isAgeing: false)
        return .release
    }

    /// It must not carry another call than the one that it carries.
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
    /// It has been closed, by whomever.
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

// What comes into the transitions, and what they want done.
extension UpstreamConnectionState {
    /// What a part of an answer is.
    enum Part: Equatable {
        case head
        case body
        /// - Parameter isLast: whether the server closes, or does not say that it stays.
        case end(isLast: Bool)
    }

    /// What to do with a part of an answer.
    enum Reception: Equatable {
        /// Take it.
        case expected
        /// Drop it: the connection is on its way out.
        case ignored
        /// End the connection: nobody asked for this.
        case unasked
    }

    /// What to do when everything that had arrived together has been taken.
    enum AfterRead: Equatable {
        case nothing
        /// The connection is idle again.
        case release
        /// It has answered, and must not be used again.
        case close
    }

    /// What an end of the connection means.
    enum Ending: Equatable {
        /// It had ended before.
        case known
        /// It carried no call.
        case withoutCall
        /// It carried one whose bytes may have left.
        case inCall(answerHadBegun: Bool)
    }
}
