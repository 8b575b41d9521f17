import NIOCore

/// Tells whether the store still has everything that it was given, by a marker in it. No clock, no socket: a value.
///
/// The marker is `RUN GENERATION TIME`: the store's process, a number by chance, and when it was set by the store's clock in
/// milliseconds. It goes with everything else when the store is emptied. A store that comes back with an old copy of its
/// memory, or a replica that has taken over, has the marker of another process. In all three cases claims may be gone whose
/// calls are still under way, so a new claim is no promise before the longest call that could have one has ended.
struct StoreMemory {
    enum Finding: Equatable {
        /// Nothing was lost since the last time.
        case same
        /// The store was empty when it was marked, and we have not known it before.
        case new
        /// The store has come back without its memory.
        case lost
    }

    /// How long after a loss a call may still be under way.
    let longestCall: TimeAmount
    /// What is expected in the store; nil before it has been asked.
    private(set) var marker: [UInt8]?
    /// When claims are a promise again.
    private(set) var settledAt = NIODeadline.uptimeNanoseconds(0)

    init(longestCall: TimeAmount) {
        self.longestCall = longestCall
    }

    /// What a claim has to find in the store; nil if a claim would be no promise now.
    func expected(at now: NIODeadline) -> [UInt8]? { settledAt <= now ? marker : nil }

    /// Takes what the store says of its marker.
    ///
    /// - Parameters:
    ///   - found: the marker.
    ///   - previous: the one that it has replaced, or the same; nil if there was none.
    ///   - storeTime: the store's time in milliseconds.
    ///   - now: our time.
    mutating func take(_ found: [UInt8], previous: [UInt8]?, storeTime: Int64, at now: NIODeadline) -> Finding {
        guard found != marker else { return .same }
        let isKnown = marker != nil || (previous != nil && previous != found)
        marker = found
        // The store's clock may have been set: no wait is longer than that for a marker of this moment.
        let age = min(Self.age(found, at: storeTime), longestCall.nanoseconds / 1_000_000)
        settledAt = now + longestCall - .milliseconds(age)
        if isKnown { return .lost }
        return previous == nil ? .new : .same
    }

    /// Milliseconds since the marker was set; 0 if that cannot be told.
    private static func age(_ marker: [UInt8], at storeTime: Int64) -> Int64 {
        let time = marker.split(separator: UInt8(ascii: " ")).last.flatMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        guard let time, time > 0, storeTime > time else { return 0 }
        return storeTime - time
    }
}
