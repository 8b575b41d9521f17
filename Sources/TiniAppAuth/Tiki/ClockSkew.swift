import LogThrottle
import Logging
import Metrics
import Text

/// How far our clock may be from Tiki's.
package enum ClockSkew {
    /// Seconds. Up to this there is no warning: `Date` itself is up to one off, and a clock that is kept is better.
    package static let tolerated: Int64 = 5
    /// Seconds. From this on Tiki is taken to refuse a signature. No current page of Tiki's says how old a timestamp may
    /// be; this is the shortest time that any of its pages has ever named.
    package static let refused: Int64 = 60

    /// The skew that an answer shows: the seconds by which our clock is ahead of Tiki's.
    ///
    /// Tiki's clock stood at `date` some time between the sending and now, so a slow answer is no skew.
    ///
    /// - Parameters:
    ///   - date: the value of an answer's `Date` field.
    ///   - sentAt: Unix time in milliseconds when the call was sent.
    ///   - now: Unix time in milliseconds.
    /// - Returns: nil if the field is no date.
    package static func seconds(date: String, sentAt: Int64, now: Int64) -> Int64? {
        guard let theirs = HTTPDate.unixTime(date) else { return nil }
        return theirs < sentAt / 1_000 ? sentAt / 1_000 - theirs : min(0, now / 1_000 - theirs)
    }
}

/// Measures the skew in every answer, and warns before it becomes an outage.
struct ClockSkewMonitor {
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private let gauge: Meter
    private var throttle: LogThrottle

    init(
        clock: @escaping @Sendable () -> Int64,
        logger: Logger,
        metrics factory: any MetricsFactory,
        throttle: LogThrottle = LogThrottle()
    ) {
        self.clock = clock
        self.logger = logger
        self.throttle = throttle
        gauge = Meter(label: "tiniapp_auth_clock_skew_seconds", factory: factory)
    }

    /// Takes the value of an answer's `Date` field.
    ///
    /// - Parameter sentAt: Unix time in milliseconds when the call was sent.
    mutating func observe(_ date: String, sentAt: Int64) {
        guard let skew = ClockSkew.seconds(date: date, sentAt: sentAt, now: clock()) else { return }
        gauge.set(skew)
        guard abs(skew) > ClockSkew.tolerated else { return }
        throttle.log(
            logger,
            .warning,
            """
            our clock is \(abs(skew)) s \(skew > 0 ? "ahead of" : "behind") Tiki's; from \(ClockSkew.refused) s on, Tiki \
            refuses every call as wrongly signed
            """,
            metadata: ["seconds_ahead": "\(skew)"]
        )
    }
}
