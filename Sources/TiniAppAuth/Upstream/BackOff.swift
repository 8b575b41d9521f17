import NIOCore

/// How long to wait before the next try: 0.5 s, doubled each time up to 30 s. Each wait is shortened by a random part
/// of up to a quarter, so that many instances do not come back at the same moment.
struct BackOff {
    static let first = TimeAmount.milliseconds(500)
    static let longest = TimeAmount.seconds(30)

    private var next = first

    /// The time to wait now; the one after it is longer.
    mutating func wait(using random: inout some RandomNumberGenerator) -> TimeAmount {
        defer { next = min(next + next, Self.longest) }
        return .nanoseconds(next.nanoseconds - Int64.random(in: 0...next.nanoseconds / 4, using: &random))
    }

    /// Something has worked: begin anew.
    mutating func reset() {
        next = Self.first
    }
}
