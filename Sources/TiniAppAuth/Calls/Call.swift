import Text
import Upstream

/// A call to Tiki that requests ask for.
struct Call: Sendable {
    let route: AuthRoute
    let keys: CallKeys
    let payload: JSONPayload
}

/// A request that waits for a call's outcome. Lives on the event loop.
final class CallWaiter {
    /// Whether it asks for a token's owner, and takes an answer that is some seconds old.
    let wantsOwner: Bool
    private var completion: AuthService.Completion?
    /// Ends the wait when the request's time is up.
    var timer: CoarseTimers.Timer?

    init(wantsOwner: Bool = false, _ completion: @escaping AuthService.Completion) {
        self.wantsOwner = wantsOwner
        self.completion = completion
    }

    /// Whether it has been told an outcome.
    var isFinished: Bool { completion == nil }

    /// Tells the outcome, once.
    func finish(_ outcome: AuthOutcome) {
        timer?.cancel()
        completion.take()?(outcome)
    }
}

/// A call in progress, and the requests that wait for its outcome. Lives on the event loop.
final class CallInFlight {
    /// The request that began it. It may have got its 504 already.
    let first: CallWaiter
    /// In the order in which they came.
    private(set) var waiters: [CallWaiter]
    /// nil until it is handed over to be sent.
    var upstreamCall: UpstreamCall?

    init(for first: CallWaiter) {
        self.first = first
        waiters = [first]
    }

    func add(_ waiter: CallWaiter) { waiters.append(waiter) }

    /// Removes a request whose time is up.
    func remove(_ waiter: CallWaiter) { waiters.removeAll { $0 === waiter } }
}
