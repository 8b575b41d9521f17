import NIOCore
import Text

/// How long a connection is kept without a call.
struct IdleTime {
    /// Servers commonly wait longer before they close: nginx 75 s, load balancers 60 s.
    static let longest = TimeAmount.seconds(15)
    /// How many idle connections are kept that long; more only if ``UpstreamClient/Configuration/warmConnections`` is larger.
    /// The others, which a burst has left behind, are closed sooner: over TLS each takes some 35 kB.
    static let spares = 32
    /// How long each of the others is kept: this time, and up to as long again, so that they do not all end at once.
    private static let surplusTime = TimeAmount.seconds(1)
    /// How long a connection lives at most, however busy it is, so that a moved address is followed. Spread by a tenth.
    static let longestLife = TimeAmount.minutes(10)
    /// Before the end that a server announces, since its clock started earlier than ours.
    private static let margin = TimeAmount.seconds(1)

    /// The age at which a connection is not used again.
    ///
    /// - Parameter share: from 0 to 1, at random.
    static func life(share: Double) -> TimeAmount {
        .nanoseconds(longestLife.nanoseconds / 10 * 9 + Int64(share * Double(longestLife.nanoseconds / 10)))
    }

    /// After this time another one is opened to replace it: at 4/6 to 5/6 of ``closesAfter``, so that connections that were
    /// opened together are not closed together.
    let agesAfter: TimeAmount
    /// After this time it is closed.
    let closesAfter: TimeAmount

    /// - Parameters:
    ///   - keepAlive: how long the server keeps it, if it says so.
    ///   - share: from 0 to 1, at random: where in that range it ages.
    ///   - isSurplus: whether there are enough idle ones already.
    /// - Returns: nil if it is not worth keeping.
    init?(keepAlive: TimeAmount?, share: Double, isSurplus: Bool = false) {
        let spread = TimeAmount.nanoseconds(Int64(share * Double(Self.surplusTime.nanoseconds)))
        let longest = isSurplus ? Self.surplusTime + spread : Self.longest
        closesAfter = min(longest, keepAlive.map { $0 - Self.margin } ?? longest)
        guard closesAfter > .zero else { return nil }
        let sixth = closesAfter.nanoseconds / 6
        agesAfter = .nanoseconds(4 * sixth + Int64(share * Double(sixth)))
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
