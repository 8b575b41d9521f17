import NIOCore
import Transport

/// Decides when to open connections that no call asks for, so that the next call finds one ready. A value without
/// sockets or timers.
struct WarmConnections {
    /// A connection that has lived this long has proven that the server is there.
    static let provenAfter = TimeAmount.seconds(10)

    /// How many there should be, with those that are in use.
    let target: Int
    private var backOff = BackOff(first: .milliseconds(500), longest: .seconds(30))
    private var isWaiting = false

    init(target: Int) {
        self.target = target
    }

    /// How many to open now.
    ///
    /// - Parameter limit: of all connections.
    func missing(_ counts: ConnectionCounts, limit: Int) -> Int {
        isWaiting ? 0 : max(0, min(target, limit) - counts.total)
    }

    /// A connection could not be opened, or has ended without having served a call.
    ///
    /// - Returns: how long to wait before calling ``retry()``; nil if that is planned already.
    mutating func didFail(using random: inout some RandomNumberGenerator) -> TimeAmount? {
        guard target > 0, !isWaiting else { return nil }
        isWaiting = true
        return backOff.wait(using: &random)
    }

    /// The wait is over.
    mutating func retry() {
        isWaiting = false
    }

    /// A call has been answered.
    mutating func didServe() {
        backOff.reset()
    }

    /// A connection has ended.
    ///
    /// - Parameter lifetime: how long it was open.
    mutating func didEnd(after lifetime: TimeAmount) {
        if lifetime >= Self.provenAfter { backOff.reset() }
    }
}
