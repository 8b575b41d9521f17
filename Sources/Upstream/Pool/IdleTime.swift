import NIOCore
import Text

/// How long a connection is kept.
enum IdleTime {
    /// Without a call. Servers commonly wait longer before they close: nginx 75 s, load balancers 60 s.
    private static let longest = TimeAmount.seconds(15)
    /// How many idle connections are kept that long; more only if ``UpstreamClient/Configuration/warmConnections`` is larger.
    /// The others, which a burst has left behind, are closed sooner: over TLS each takes some 35 kB.
    static let spares = 32
    /// How long each of the others is kept.
    private static let surplus = TimeAmount.seconds(2)
    /// However busy it is, so that a moved address is followed.
    private static let longestLife = TimeAmount.minutes(10)
    /// Before the end that a server announces, since its clock started earlier than ours.
    private static let margin = TimeAmount.seconds(1)

    /// How long a connection is kept without a call: two thirds of the longest time, and up to a third more.
    ///
    /// - Parameters:
    ///   - age: since it was opened. One that is 9 to 10 minutes old is not used again.
    ///   - keepAlive: how long the server keeps it, if it says so.
    ///   - jitter: from 0 to 1, at random, so that connections that were opened together do not end together.
    ///   - isSurplus: whether there are enough idle ones already.
    /// - Returns: nil if it is not worth keeping.
    static func limit(age: TimeAmount, keepAlive: TimeAmount?, jitter: Double, isSurplus: Bool = false) -> TimeAmount? {
        guard age < spread(longestLife, over: 0.1, jitter) else { return nil }
        let time = spread(isSurplus ? surplus : longest, over: 1.0 / 3, jitter)
        let limit = min(time, keepAlive.map { $0 - margin } ?? time)
        return limit > .zero ? limit : nil
    }

    private static func spread(_ time: TimeAmount, over part: Double, _ jitter: Double) -> TimeAmount {
        .nanoseconds(Int64(Double(time.nanoseconds) * (1 - part + part * jitter)))
    }
}

/// Reads how long a server keeps an idle connection (`Keep-Alive: timeout=5`, RFC 2068 section 19.7.1.1).
enum KeepAlive {
    static func timeout(_ fields: HTTPFields) -> TimeAmount? {
        for parameter in fields.list("keep-alive") {
            let parts = parameter.split(separator: "=")
            if parts.count == 2, parts[0] == "timeout", let seconds = Int64(parts[1]) {
                return .seconds(max(0, seconds))
            }
        }
        return nil
    }
}
