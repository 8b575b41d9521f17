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
    private var completion: AuthService.Completion?
    /// Ends the wait.
    var timer: CoarseTimers.Timer?

    init(_ completion: @escaping AuthService.Completion) {
        self.completion = completion
    }

    /// Tells the outcome, once.
    func finish(_ outcome: AuthOutcome) {
        timer?.cancel()
        completion?(outcome)
        completion = nil
    }
}
