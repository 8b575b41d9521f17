import Synchronization

/// Whether the process has begun to shut down. The responder acts on it, and the health check tells it.
package final class ShutdownFlag: Sendable {
    private let origin = ContinuousClock.now
    /// When it was set, in nanoseconds after `origin`; 0 before.
    private let nanoseconds = Atomic<Int64>(0)

    package init() {}

    package var isSet: Bool { nanoseconds.load(ordering: .acquiring) != 0 }

    /// When the shutdown began; nil before.
    package var time: ContinuousClock.Instant? {
        let nanoseconds = nanoseconds.load(ordering: .acquiring)
        return nanoseconds == 0 ? nil : origin + .nanoseconds(nanoseconds)
    }

    /// Marks the beginning of the shutdown; only the first call counts.
    func set() {
        let elapsed = Int64((ContinuousClock.now - origin) / .nanoseconds(1))
        _ = nanoseconds.compareExchange(expected: 0, desired: max(1, elapsed), ordering: .acquiringAndReleasing)
    }
}
