import Crypto
import Text

/// The calls that are under way, and who waits for each.
///
/// Identical calls at the same time share one upstream call and its answer: of two refreshes with the same token a
/// few milliseconds apart, the second would make the token server revoke the whole chain. Nothing is kept once the
/// answer is there. Who joins late shares the deadline too: that of the call, so of the request that began it. Who
/// goes away changes nothing: the call may have reached Tiki.
struct SharedCalls<Waiter> {
    /// What makes two calls identical: all that is sent. A digest, so that no token lives on as a key.
    struct Key: Hashable, Sendable {
        let route: AuthRoute
        private let digest: SHA256Digest

        init(route: AuthRoute, payload: JSONPayload) {
            self.route = route
            digest = SHA256.hash(data: payload.bytes)
        }
    }

    private var waiters: [Key: [Waiter]] = [:]

    /// Adds somebody who waits for a call's answer.
    ///
    /// - Returns: whether it is the first, and so the call must be made.
    mutating func join(_ key: Key, _ waiter: Waiter) -> Bool {
        waiters[key, default: []].append(waiter)
        return waiters[key]?.count == 1
    }

    /// Ends a call.
    ///
    /// - Returns: those who waited for it, the one who began it first.
    mutating func leave(_ key: Key) -> [Waiter] {
        waiters.removeValue(forKey: key) ?? []
    }
}
