import DequeModule
import NIOCore

/// The calls in flight, each with its waiting requests, and for a while the outcomes of ended ones.
///
/// Of two refreshes with the same token, the second would, by all signs, make the token server revoke the whole chain. So
/// the same token joins its call while that is in flight, and gets the same outcome again for the window after it. Lives on the
/// event loop.
struct CallTable {
    /// Outcomes by kind, each kind with bounds of its own. Anybody can cause refusals by the thousand with made-up
    /// codes, and perhaps find a code that makes Tiki fail: such outcomes displace neither those of logins nor each
    /// other.
    enum Shelf: Int, CaseIterable {
        /// Tiki has given what was asked for.
        case logins
        case refusals
        case inDoubt
        /// Good answers about access tokens, for ``AuthService/verify(authorization:acceptedAt:completion:)`` only.
        case owners

        /// - Returns: nil if the token may be sent again, so that nothing is kept.
        init?(_ token: TokenState) {
            switch token {
            case .free: return nil
            case .settled: self = .logins
            case .refused: self = .refusals
            case .inDoubt: self = .inDoubt
            }
        }
    }

    /// The limits of kept outcomes.
    struct Limits {
        /// From the end of a call to the end of its entry; zero keeps nothing.
        var window: TimeAmount
        /// The same on the shelf of owners.
        var ownersWindow = TimeAmount.zero
        /// Entries of calls that have ended, on each shelf. One more drops the oldest.
        var maxEntries: Int
        /// Bytes of these entries, by ``KeptOutcomes/overhead`` and the outcomes' own. Refusals and calls in doubt have an
        /// eighth.
        var maxBytes: Int
    }

    /// The state of the call that a request asks for.
    enum Admission {
        /// There is no such call: it must be made.
        case first(CallInFlight)
        /// It waits with the others.
        case joined(CallInFlight)
        /// The call ended this long ago, and its outcome was kept.
        case ended(SealedOutcome, ago: TimeAmount)
    }

    private struct Entry {
        var inFlight: CallInFlight?
        var kept: KeptOutcome?
    }

    private var entries: [CallName: Entry] = [:]
    /// By ``Shelf``.
    private var shelves: [KeptOutcomes]

    init(_ limits: Limits) {
        shelves = Shelf.allCases.map { shelf in
            KeptOutcomes(
                window: shelf == .owners ? limits.ownersWindow : limits.window,
                maxEntries: limits.maxEntries,
                maxBytes: shelf == .refusals || shelf == .inDoubt ? limits.maxBytes / 8 : limits.maxBytes
            )
        }
    }

    /// Entries of exchanges and refreshes that have ended.
    var keptCount: Int { shelves[..<Shelf.owners.rawValue].reduce(0) { $0 + $1.count } }
    /// Bytes that these take.
    var keptBytes: Int { shelves[..<Shelf.owners.rawValue].reduce(0) { $0 + $1.bytes } }

    /// Whether there are calls in flight. Looks at all entries.
    var isBusy: Bool { entries.values.contains { $0.inFlight != nil } }

    /// When the oldest entry expires; nil if there is none.
    var nextExpiry: NIODeadline? { shelves.compactMap(\.nextExpiry).min() }

    /// Admits a request: it gets a kept outcome, joins a call, or begins one.
    ///
    /// - Parameter takesKept: whether a kept outcome may answer it.
    mutating func admit(_ key: CallName, _ waiter: CallWaiter, takesKept: Bool = true, at now: NIODeadline) -> Admission
    {
        removeExpired(at: now)
        if takesKept, let kept = entries[key]?.kept {
            if kept.time + shelves[kept.shelf].window > now { return .ended(kept.sealed, ago: now - kept.time) }
            forget(key)
        }
        if let inFlight = entries[key]?.inFlight {
            inFlight.add(waiter)
            return .joined(inFlight)
        }
        let inFlight = CallInFlight(for: waiter)
        entries[key, default: Entry()].inFlight = inFlight
        return .first(inFlight)
    }

    /// Ends a call.
    ///
    /// - Returns: the requests that waited, in the order in which they came.
    mutating func end(_ key: CallName) -> [CallWaiter] {
        guard let entry = entries[key], let inFlight = entry.inFlight else { return [] }
        entries[key] = entry.kept == nil ? nil : Entry(kept: entry.kept)
        return inFlight.waiters
    }

    /// Whether anything is kept on the shelf.
    func uses(_ shelf: Shelf) -> Bool { shelves[shelf.rawValue].window > .zero }

    /// Keeps the outcome of a call that has ended, for the window.
    ///
    /// - Parameter time: when the call ended, possibly at another instance.
    mutating func keep(_ outcome: SealedOutcome, of key: CallName, on shelf: Shelf, at time: NIODeadline) {
        forget(key)
        let shelf = shelf.rawValue
        entries[key, default: Entry()].kept = KeptOutcome(
            place: shelves[shelf].add(key, outcome, at: time),
            shelf: shelf,
            time: time
        )
        while shelves[shelf].isOverLimit { removeOldest(of: shelf) }
    }

    /// Drops what is kept of a call that has ended.
    mutating func forget(_ key: CallName) {
        guard let kept = entries[key]?.kept.take() else { return }
        if entries[key]?.inFlight == nil { entries[key] = nil }
        shelves[kept.shelf].didRemove(kept.place)
    }

    /// Drops what has been kept for long enough.
    mutating func removeExpired(at now: NIODeadline) {
        for shelf in shelves.indices {
            while let expiry = shelves[shelf].nextExpiry, expiry <= now { removeOldest(of: shelf) }
        }
    }

    private mutating func removeOldest(of shelf: Int) {
        guard let (key, time) = shelves[shelf].popOldest() else { return }
        // Removed before, and perhaps added again.
        guard let kept = entries[key]?.kept, kept.shelf == shelf, kept.time == time else { return }
        forget(key)
    }
}

/// An outcome in the table.
private struct KeptOutcome {
    let place: AnswerPages.Place
    let shelf: Int
    /// When the call ended.
    let time: NIODeadline

    var sealed: SealedOutcome { place.outcome }
}

/// The kept outcomes of one shelf, with bounds of their own.
struct KeptOutcomes {
    /// About what an entry takes in memory, without the outcome's bytes.
    static let overhead = 400

    let window: TimeAmount
    private let maxEntries: Int
    private let maxBytes: Int
    private var pages = AnswerPages()
    /// In the order in which they were added, which is that of their expiry or nearly. The entry of one may be gone.
    private var order: Deque<(key: CallName, time: NIODeadline)> = []
    private(set) var count = 0
    private(set) var bytes = 0

    init(window: TimeAmount, maxEntries: Int, maxBytes: Int) {
        self.window = window
        self.maxEntries = maxEntries
        self.maxBytes = maxBytes
    }

    /// When the one that was added first expires.
    var nextExpiry: NIODeadline? { order.first.map { $0.time + window } }
    var isOverLimit: Bool { !order.isEmpty && (order.count > maxEntries || bytes > maxBytes) }

    mutating func add(_ key: CallName, _ outcome: SealedOutcome, at time: NIODeadline) -> AnswerPages.Place {
        let place = pages.add(outcome)
        order.append((key, time))
        count += 1
        bytes += Self.overhead + place.byteCount
        return place
    }

    mutating func popOldest() -> (key: CallName, time: NIODeadline)? { order.popFirst() }

    mutating func didRemove(_ place: AnswerPages.Place) {
        count -= 1
        bytes -= Self.overhead + place.byteCount
    }
}
