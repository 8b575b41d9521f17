import NIOCore

/// Tells by a marker in the store whether the store has lost data. A value without clock or socket.
///
/// The marker is `RUN GENERATION TIME`: the store's process, a random number, and the store's time in milliseconds when
/// the marker was set. If the store is emptied, the marker is gone, too. A store that comes back with an old copy of
/// its memory, or a replica that has taken over, has the marker of another process. In all three cases claims may be
/// lost although their calls are still in progress. So a new claim guarantees nothing until the longest call that may
/// have had one has ended.
struct StoreMemory {
    enum Finding: Equatable {
        /// Nothing was lost since the last look.
        case same
        /// The store was empty when it was marked, and this instance had not seen it before.
        case new
        /// The store has come back without its memory.
        case lost
    }

    /// How long after a loss a call may still be in progress.
    let longestCall: TimeAmount
    /// The marker expected in the store; nil before the store was asked.
    private(set) var marker: [UInt8]?
    /// When claims can be relied on again.
    private(set) var settledAt = NIODeadline.uptimeNanoseconds(0)

    init(longestCall: TimeAmount) {
        self.longestCall = longestCall
    }

    /// The marker that a claim must find in the store; nil while claims cannot be relied on.
    func expected(at now: NIODeadline) -> [UInt8]? { settledAt <= now ? marker : nil }

    /// Takes the store's reply about its marker.
    ///
    /// - Parameters:
    ///   - found: the marker.
    ///   - previous: the marker before that, possibly the same; nil if there was none.
    ///   - storeTime: the store's time in milliseconds.
    ///   - now: this instance's time.
    mutating func take(_ found: [UInt8], previous: [UInt8]?, storeTime: Int64, at now: NIODeadline) -> Finding {
        guard found != marker else { return .same }
        let isKnown = marker != nil || (previous != nil && previous != found)
        marker = found
        // The store's clock may have been set. The wait is never longer than for a marker that was set just now.
        let age = min(Self.age(found, at: storeTime), longestCall.nanoseconds / 1_000_000)
        settledAt = now + longestCall - .milliseconds(age)
        if isKnown { return .lost }
        return previous == nil ? .new : .same
    }

    /// Milliseconds since the marker was set; 0 if unknown.
    private static func age(_ marker: [UInt8], at storeTime: Int64) -> Int64 {
        let time = marker.split(separator: UInt8(ascii: " ")).last.flatMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        guard let time, time > 0, storeTime > time else { return 0 }
        return storeTime - time
    }
}
