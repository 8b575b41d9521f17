import Logging

/// Compares Tiki's `Date` with our clock, and warns before the difference becomes an outage: Tiki refuses a signature
/// that is a minute off.
final class ClockSkewMonitor {
    /// Seconds. `Date` itself is up to one off.
    static let tolerance: Int64 = 5
    private static let warningInterval: Int64 = 60

    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private let metrics: UpstreamMetrics
    private var lastWarning: Int64?

    init(clock: @escaping @Sendable () -> Int64, logger: Logger, metrics: UpstreamMetrics) {
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
    }

    /// Takes the value of an answer's `Date` field.
    ///
    /// - Parameter sentAt: Unix time in milliseconds when the call was sent. Tiki's clock stood at `Date` some time
    ///   between then and now, so a slow answer is no skew.
    func observe(_ date: String, sentAt: Int64) {
        guard let theirs = HTTPDate.unixTime(date) else { return }
        let now = clock() / 1_000
        let skew = theirs < sentAt / 1_000 ? sentAt / 1_000 - theirs : min(0, now - theirs)
        metrics.clockSkew(skew)
        guard abs(skew) > Self.tolerance else { return }
        // Either way: the clock that is mistrusted may have been set back since.
        if let lastWarning, abs(now - lastWarning) < Self.warningInterval { return }
        lastWarning = now
        let side = skew > 0 ? "ahead of" : "behind"
        logger.warning(
            "our clock is \(abs(skew)) s \(side) Tiki's; from 60 s on, Tiki refuses every call as wrongly signed",
            metadata: ["seconds_ahead": "\(skew)"]
        )
    }
}
