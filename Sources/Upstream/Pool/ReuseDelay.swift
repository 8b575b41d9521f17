import NIOCore

/// Notices servers that close a connection a moment after each answer without saying so. A call that is sent in that
/// moment is lost, so their connections rest before they are used again. A value without sockets.
struct ReuseDelay {
    /// How long a connection rests. A server that closes later than this after an answer is not noticed.
    static let rest = TimeAmount.milliseconds(100)
    /// How long such a close is remembered.
    static let memory = TimeAmount.minutes(1)

    private var until: NIODeadline?

    /// How long a connection must rest that has answered now; nil if it need not.
    func delay(at now: NIODeadline) -> TimeAmount? {
        guard let until, now < until else { return nil }
        return Self.rest
    }

    /// The server has closed a connection.
    ///
    /// - Parameter answeredAt: when it answered last; nil if it never did.
    mutating func serverDidClose(answeredAt: NIODeadline?, at now: NIODeadline) {
        if let answeredAt, now - answeredAt < Self.rest { until = now + Self.memory }
    }
}
