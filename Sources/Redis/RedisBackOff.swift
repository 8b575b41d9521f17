import NIOCore

/// Decides when a connection may be opened again. Nothing here waits.
///
/// The first connection after a good one is opened at once; else the time doubles with each failure, so that a server that
/// is down, or hangs up on everybody, is not asked all the time.
struct RedisBackOff {
    static let first = TimeAmount.milliseconds(100)
    static let longest = TimeAmount.seconds(5)
    /// A connection that ended sooner than this after it was opened counts as a failure.
    static let good = TimeAmount.seconds(1)

    /// Failures since the last good connection.
    private(set) var failures = 0

    /// Whether the server is taken to be down: commands need not wait for the next attempt.
    var isDown: Bool { failures > 0 }

    /// Notes a connection that was good for some time.
    mutating func didServe() { failures = 0 }

    /// Notes a failed attempt, or the end of a connection that was of no use.
    ///
    /// - Returns: how long to wait before the next attempt, by chance a quarter more or less, so that the instances do not
    ///   come together.
    mutating func didFail(using random: inout some RandomNumberGenerator) -> TimeAmount {
        failures += 1
        let doublings = min(failures - 1, 10)
        let time = min(Self.first.nanoseconds << doublings, Self.longest.nanoseconds)
        return .nanoseconds(time / 4 * Int64.random(in: 3...5, using: &random))
    }
}
