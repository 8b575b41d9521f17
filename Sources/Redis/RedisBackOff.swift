import NIOCore

/// Decides when to open a connection again. Does not wait itself.
///
/// After a good connection the next one is opened at once. Otherwise the delay doubles with each failure, to spare a
/// server that is down or hangs up on everybody.
struct RedisBackOff {
    static let first = TimeAmount.milliseconds(100)
    static let longest = TimeAmount.seconds(5)
    /// A connection that ended sooner than this after it was opened counts as a failure.
    static let good = TimeAmount.seconds(1)

    /// Failures since the last good connection.
    private(set) var failures = 0

    /// Whether the server is assumed to be down, so that commands need not wait for the next attempt.
    var isDown: Bool { failures > 0 }

    /// Notes a connection that lasted for at least ``good``.
    mutating func didServe() { failures = 0 }

    /// Notes a failed attempt, or the end of a connection that was useless.
    ///
    /// - Returns: how long to wait before the next attempt, with jitter of a quarter, so that the instances do not all
    ///   connect at once.
    mutating func didFail(using random: inout some RandomNumberGenerator) -> TimeAmount {
        failures += 1
        let doublings = min(failures - 1, 10)
        let time = min(Self.first.nanoseconds << doublings, Self.longest.nanoseconds)
        return .nanoseconds(time / 4 * Int64.random(in: 3...5, using: &random))
    }
}
