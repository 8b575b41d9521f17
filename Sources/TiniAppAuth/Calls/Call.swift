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
    /// Ends the wait.
    var timer: CoarseTimers.Timer?

    init(wantsOwner: Bool = false, _ completion: @escaping AuthService.Completion) {
        self.wantsOwner = wantsOwner
        self.completion = completion
    }

    /// Tells the outcome, once.
    func finish(_ outcome: AuthOutcome) {
        timer?.cancel()
        completion?(outcome)
        completion = nil
    }
}
