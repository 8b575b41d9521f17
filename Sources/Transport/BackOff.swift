import NIOCore

/// How long to wait before the next try: longer each time, up to a limit. Each wait is shortened by a random part of up to a
/// quarter, so that many instances do not come back at the same moment.
package struct BackOff {
    private let first: TimeAmount
    private let longest: TimeAmount
    private var next: TimeAmount

    /// - Parameters:
    ///   - first: the first wait; each one after it is twice as long.
    ///   - longest: the longest wait.
    package init(first: TimeAmount, longest: TimeAmount) {
        self.first = first
        self.longest = longest
        next = first
    }

    /// Whether nothing has worked since the last wait.
    package var isWaiting: Bool { next > first }

    /// The time to wait now; the one after it is longer.
    package mutating func wait(using random: inout some RandomNumberGenerator) -> TimeAmount {
        defer { next = min(next + next, longest) }
        return .nanoseconds(next.nanoseconds - Int64.random(in: 0...next.nanoseconds / 4, using: &random))
    }

    /// Something has worked: start again with the shortest wait.
    package mutating func reset() { next = first }
}
