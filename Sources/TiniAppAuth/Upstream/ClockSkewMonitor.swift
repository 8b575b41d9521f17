import Logging

/// Compares Tiki's `Date` with our clock, and warns before the difference becomes an outage: Tiki refuses a signature
/// that is a minute off.
final class ClockSkewMonitor {
    /// Seconds. `Date` itself is up to one off, and an answer takes its time.
    static let tolerance: Int64 = 5
    private static let warningInterval: Int64 = 60

    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private var lastWarning: Int64?

    init(clock: @escaping @Sendable () -> Int64, logger: Logger) {
        self.clock = clock
        self.logger = logger
    }

    /// Takes the value of a `Date` field.
    func observe(_ date: String) {
        let now = clock() / 1_000
        guard let theirs = HTTPDate.unixTime(date), abs(theirs - now) > Self.tolerance else { return }
        if let lastWarning, now - lastWarning < Self.warningInterval { return }
        lastWarning = now
        logger.warning(
            "our clock and Tiki's differ; signatures are refused from 60 s on",
            metadata: ["skew_seconds": "\(now - theirs)"]
        )
    }
}
