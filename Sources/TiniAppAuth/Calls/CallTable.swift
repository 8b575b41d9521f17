import DequeModule
import NIOCore

/// The calls in flight, each with its waiting requests, and for a while the outcomes of ended ones.
///
/// Of two refreshes with the same token, the second would make the token server revoke the whole chain. So the same
/// token joins its call while that is in flight, and gets the same outcome again for the window after it. Lives on the
/// event loop.
struct CallTable<Waiter: AnyObject> {
    /// The limits of kept outcomes.
    struct Limits {
        /// From the end of a call to the end of its entry; zero keeps nothing.
        var window: TimeAmount
        /// Entries of calls that have ended. One more drops the oldest.
        var maxEntries: Int
        /// Bytes of these entries, by ``CallTable/overhead`` and the answers' own.
        var maxBytes: Int
    }

    /// The state of the call that a request asks for.
    enum Admission {
        /// There is no such call: it must be made.
        case first
        /// It waits with the others.
        case joined
        /// The call has ended, so long ago.
        case ended(KeptOutcome, ago: TimeAmount)
    }

    private enum Entry {
        case inFlight([Waiter])
        case ended(Ended)
    }

    private struct Ended {
        /// Where the call's answer is, or why there is none.
        enum Kept {
            case answer(AnswerPages.Place)
            /// Rare, and kept apart so that all the others take less.
            indirect case inDoubt(AuthError, failureCode: String)
        }

        let kept: Kept
        let time: NIODeadline
        /// The refresh token in this answer. A request with it proves that the answer arrived.
        let successor: TokenFingerprint?

        var outcome: KeptOutcome {
            switch kept {
            case .answer(let place): .answer(place.answer)
            case .inDoubt(let error, let failureCode): .inDoubt(error, failureCode: failureCode)
            }
        }

        /// Bytes that it takes, with its part of the table.
        var byteCount: Int {
            switch kept {
            case .answer(let place): CallTable.overhead + place.byteCount
            case .inDoubt: CallTable.overhead
            }
        }
    }

    /// About what an entry of a call that has ended takes in memory, without the answer's bytes.
    static var overhead: Int { 400 }

    private let limits: Limits
    private var entries: [CallName: Entry] = [:]
    private var answers = AnswerPages()
    /// Calls that have ended, in that order, which is also that of their expiry. The entry of one may be gone.
    private var order: Deque<(key: CallName, time: NIODeadline)> = []
    /// The calls by the tokens that their answers brought.
    private var predecessors: [TokenFingerprint: CallName] = [:]
    /// Entries of calls that have ended.
    private(set) var keptCount = 0
    /// Bytes that these take.
    private(set) var keptBytes = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// Whether there are calls in flight. Looks at all entries.
    var isBusy: Bool {
        entries.values.contains { if case .inFlight = $0 { true } else { false } }
    }

    /// When the oldest entry expires; nil if there is none.
    var nextExpiry: NIODeadline? { order.first.map { $0.time + limits.window } }

    /// Takes a request in.
    ///
    /// - Parameter token: the refresh token that it presents; nil if it presents another kind.
    mutating func admit(
        _ key: CallName,
        _ waiter: Waiter,
        presenting token: TokenFingerprint? = nil,
        at now: NIODeadline
    ) -> Admission {
        // A request with the next token proves that the last answer arrived: that entry has done its work, and a
        // repetition is for the token server to see. A server that does not rotate has given the same token again.
        if let token, let predecessor = predecessors[token], predecessor != key { remove(predecessor) }
        removeExpired(at: now)
        switch entries[key] {
        case .ended(let ended): return .ended(ended.outcome, ago: now - ended.time)
        case .inFlight(var waiters):
            entries[key] = nil
            waiters.append(waiter)
            entries[key] = .inFlight(waiters)
            return .joined
        case nil:
            entries[key] = .inFlight([waiter])
            return .first
        }
    }

    /// Removes a request that is out of time.
    mutating func remove(_ waiter: Waiter, from key: CallName) {
        guard case .inFlight(var waiters) = entries[key] else { return }
        entries[key] = nil
        waiters.removeAll { $0 === waiter }
        entries[key] = .inFlight(waiters)
    }

    /// Ends a call.
    ///
    /// - Parameters:
    ///   - outcome: the part to keep; nil to keep nothing.
    ///   - successor: the refresh token in the answer.
    /// - Returns: the requests that waited, in the order in which they came.
    mutating func end(
        _ key: CallName,
        keeping outcome: KeptOutcome?,
        successor: TokenFingerprint? = nil,
        at now: NIODeadline
    ) -> [Waiter] {
        guard case .inFlight(let waiters) = entries.removeValue(forKey: key) else { return [] }
        guard let outcome, limits.window > .zero else { return waiters }
        let kept: Ended.Kept =
            switch outcome {
            case .answer(let answer): .answer(answers.add(answer))
            case .inDoubt(let error, let failureCode): .inDoubt(error, failureCode: failureCode)
            }
        let ended = Ended(kept: kept, time: now, successor: successor)
        entries[key] = .ended(ended)
        order.append((key, now))
        if let successor { predecessors[successor] = key }
        keptCount += 1
        keptBytes += ended.byteCount
        while order.count > limits.maxEntries || keptBytes > limits.maxBytes { removeOldest() }
        return waiters
    }

    /// Drops what is kept of a call that has ended.
    mutating func forget(_ key: CallName) { remove(key) }

    /// Drops what has been kept for long enough.
    mutating func removeExpired(at now: NIODeadline) {
        while let nextExpiry, nextExpiry <= now { removeOldest() }
    }

    private mutating func removeOldest() {
        guard let (key, time) = order.popFirst() else { return }
        // Removed before, and perhaps added again.
        guard case .ended(let ended) = entries[key], ended.time == time else { return }
        remove(key)
    }

    private mutating func remove(_ key: CallName) {
        guard case .ended(let ended) = entries[key] else { return }
        entries[key] = nil
        if let successor = ended.successor, predecessors[successor] == key { predecessors[successor] = nil }
        keptCount -= 1
        keptBytes -= ended.byteCount
    }
}
