import LogThrottle
import Logging
import Metrics
import Text
import Upstream

/// How far our clock may be from Tiki's.
package enum ClockSkew {
    /// Seconds. Up to this, nothing is logged: `Date` itself is up to one off, and a clock that is kept is better.
    package static let tolerated: Int64 = 5
    /// Seconds. From this skew on, we assume, Tiki refuses a signature. No current page of Tiki says how old a
    /// timestamp may be; this is the shortest time that any of its pages has ever named.
    package static let refused: Int64 = 60

    /// The skew that an answer shows: the seconds by which Tiki's clock is behind ours.
    ///
    /// Tiki's clock showed `date` some time between the sending and now, so a slow answer does not look like skew.
    ///
    /// - Parameters:
    ///   - date: the value of an answer's `Date` field.
    ///   - age: the value of its `Age` field: seconds for which a cache has kept it (RFC 9111 section 5.1).
    ///   - sentAt: Unix time in milliseconds when the call was sent.
    ///   - now: Unix time in milliseconds.
    /// - Returns: nil if the field is not a date.
    package static func seconds(date: String, age: String? = nil, sentAt: Int64, now: Int64) -> Int64? {
        guard let date = HTTPDate.unixTime(date) else { return nil }
        let theirs = date + (age.flatMap(Self.deltaSeconds) ?? 0)
        return theirs < sentAt / 1_000 ? sentAt / 1_000 - theirs : min(0, now / 1_000 - theirs)
    }

    /// RFC 9111 section 1.2.2. At most a year, so that nothing overflows.
    private static func deltaSeconds(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return min(Int64(text) ?? .max, 31_536_000)
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

    /// Takes the `Date` and `Age` of an answer.
    ///
    /// - Parameter sentAt: Unix time in milliseconds when the call was sent.
    mutating func observe(_ fields: HTTPFields, sentAt: Int64) {
        guard let date = fields.first("date"),
            let skew = ClockSkew.seconds(date: date, age: fields.first("age"), sentAt: sentAt, now: clock())
        else { return }
        gauge.set(skew)
        guard abs(skew) > ClockSkew.tolerated else { return }
        throttle.log(
            logger,
            .warning,
            """
            our clock is \(abs(skew)) s \(skew > 0 ? "ahead of" : "behind") Tiki's; from about \(ClockSkew.refused) s on, we \
            expect that Tiki refuses every call as wrongly signed
            """,
            metadata: ["seconds_ahead": "\(skew)"]
        )
    }
}
