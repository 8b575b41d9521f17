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
        /// Bytes of these entries, by ``KeptOutcomes/overhead`` and the outcomes' own.
        var maxBytes: Int
    }

    /// The state of the call that a request asks for.
    enum Admission {
        /// There is no such call: it must be made.
        case first
        /// It waits with the others.
        case joined
        /// The call has ended, so long ago.
        case ended(SealedOutcome, ago: TimeAmount)
    }

    private enum Entry {
        case inFlight([Waiter])
        case ended(KeptOutcome)
    }

    private let window: TimeAmount
    private var entries: [CallName: Entry] = [:]
    /// What is kept, by ``queue(of:)``. Anybody can make refusals by the thousand with made-up codes, and perhaps find a code
    /// that makes Tiki fail: they displace neither the outcomes of logins nor one another.
    private var kept: [KeptOutcomes]

    /// - Parameter limits: for the calls that Tiki has answered with what they asked for. Refusals have as many entries and an
    ///   eighth of the bytes, and so have calls in doubt.
    init(_ limits: Limits) {
        window = limits.window
        let others = KeptOutcomes(maxEntries: limits.maxEntries, maxBytes: limits.maxBytes / 8)
        kept = [KeptOutcomes(maxEntries: limits.maxEntries, maxBytes: limits.maxBytes), others, others]
    }

    /// Entries of calls that have ended.
    var keptCount: Int { kept.reduce(0) { $0 + $1.count } }
    /// Bytes that these take.
    var keptBytes: Int { kept.reduce(0) { $0 + $1.bytes } }

    /// Whether there are calls in flight. Looks at all entries.
    var isBusy: Bool {
        entries.values.contains { if case .inFlight = $0 { true } else { false } }
    }

    /// When the oldest entry expires; nil if there is none.
    var nextExpiry: NIODeadline? { kept.compactMap(\.oldest).min().map { $0 + window } }

    /// Takes a request in.
    mutating func admit(_ key: CallName, _ waiter: Waiter, at now: NIODeadline) -> Admission {
        removeExpired(at: now)
        switch entries[key] {
        case .ended(let outcome) where outcome.time + window > now:
            return .ended(outcome.sealed, ago: now - outcome.time)
        case .inFlight(var waiters):
            entries[key] = nil
            waiters.append(waiter)
            entries[key] = .inFlight(waiters)
            return .joined
        case .ended, nil:
            forget(key)
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

    /// Ends a call, and keeps nothing of it.
    ///
    /// - Returns: the requests that waited, in the order in which they came.
    mutating func end(_ key: CallName) -> [Waiter] {
        guard case .inFlight(let waiters) = entries.removeValue(forKey: key) else { return [] }
        return waiters
    }

    /// Ends a call, and keeps its outcome for the window.
    ///
    /// - Parameters:
    ///   - token: the token's state, which is not `free`.
    ///   - time: when the call ended, possibly at another instance.
    /// - Returns: the requests that waited, in the order in which they came.
    mutating func end(
        _ key: CallName,
        keeping outcome: SealedOutcome,
        _ token: TokenState,
        at time: NIODeadline
    ) -> [Waiter] {
        let waiters = end(key)
        guard window > .zero else { return waiters }
        let queue = Self.queue(of: token)
        entries[key] = .ended(kept[queue].add(key, outcome, token, at: time))
        while kept[queue].isOverLimit { removeOldest(of: queue) }
        return waiters
    }

    /// Drops what is kept of a call that has ended.
    mutating func forget(_ key: CallName) {
        guard case .ended(let outcome) = entries[key] else { return }
        entries[key] = nil
        kept[Self.queue(of: outcome.token)].didRemove(outcome)
    }

    /// Drops what has been kept for long enough.
    mutating func removeExpired(at now: NIODeadline) {
        for queue in kept.indices {
            while let oldest = kept[queue].oldest, oldest + window <= now { removeOldest(of: queue) }
        }
    }

    private mutating func removeOldest(of queue: Int) {
        guard let (key, time) = kept[queue].popOldest() else { return }
        // Removed before, and perhaps added again.
        guard case .ended(let outcome) = entries[key], outcome.time == time else { return }
        forget(key)
    }

    private static func queue(of token: TokenState) -> Int {
        switch token {
        case .settled: 0
        case .refused: 1
        case .inDoubt, .free: 2
        }
    }
}

/// An outcome in the table.
struct KeptOutcome {
    fileprivate let place: AnswerPages.Place
    let token: TokenState
    /// When the call ended.
    let time: NIODeadline

    var sealed: SealedOutcome { place.outcome }
    /// Bytes that it takes, with its part of the table.
    fileprivate var byteCount: Int { KeptOutcomes.overhead + place.byteCount }
}

/// The kept outcomes of one kind, with bounds of their own.
struct KeptOutcomes {
    /// About what an entry takes in memory, without the outcome's bytes.
    static let overhead = 400

    private let maxEntries: Int
    private let maxBytes: Int
    private var pages = AnswerPages()
    /// In the order in which they were added, which is that of their expiry or nearly. The entry of one may be gone.
    private var order: Deque<(key: CallName, time: NIODeadline)> = []
    private(set) var count = 0
    private(set) var bytes = 0

    init(maxEntries: Int, maxBytes: Int) {
        self.maxEntries = maxEntries
        self.maxBytes = maxBytes
    }

    /// When the call that was added first has ended.
    var oldest: NIODeadline? { order.first?.time }
    var isOverLimit: Bool { !order.isEmpty && (order.count > maxEntries || bytes > maxBytes) }

    mutating func add(
        _ key: CallName,
        _ outcome: SealedOutcome,
        _ token: TokenState,
        at time: NIODeadline
    ) -> KeptOutcome {
        let kept = KeptOutcome(place: pages.add(outcome), token: token, time: time)
        order.append((key, time))
        count += 1
        bytes += kept.byteCount
        return kept
    }

    mutating func popOldest() -> (key: CallName, time: NIODeadline)? { order.popFirst() }

    mutating func didRemove(_ kept: KeptOutcome) {
        count -= 1
        bytes -= kept.byteCount
    }
}
