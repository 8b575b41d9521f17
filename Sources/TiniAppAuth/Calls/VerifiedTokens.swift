import NIOCore
import Upstream

/// The owners of access tokens, remembered for a short time after Tiki was asked. Lives on the event loop.
///
/// An API asks with every request, so a good answer is kept for seconds: sealed, like the answers to exchanges. A refusal is
/// never kept, and ends what was kept before.
final class VerifiedTokens {
    private let timers: CoarseTimers
    private var table: CallTable<CallWaiter>
    private var nonces = NonceCounter()

    init(_ limits: CallTable<CallWaiter>.Limits, timers: CoarseTimers) {
        self.timers = timers
        table = CallTable(limits)
    }

    /// Answers from what is kept, has the request wait for one that asks already, or asks.
    ///
    /// - Parameter ask: makes the info call for a waiter, or has it join the one that is under way.
    func verify(
        _ call: Call,
        until deadline: NIODeadline,
        _ waiter: CallWaiter,
        asking ask: (CallWaiter) -> Void
    ) {
        switch table.admit(call.keys.name, waiter, at: .now()) {
        case .ended(let sealed, let time):
            waiter.finish(AuthOutcome(sealed, key: call.keys.sealingKey, ago: time))
        case .joined:
            waiter.timer = timers.set(deadline) {
                self.table.remove(waiter, from: call.keys.name)
                waiter.finish(AuthOutcome(result: .failure(.upstreamTimeout), isShared: true))
            }
        case .first:
            ask(CallWaiter { self.end(call, $0) })
        }
    }

    /// Drops what is kept of a call: Tiki has refused the token.
    func forget(_ name: CallName) { table.forget(name) }

    private func end(_ call: Call, _ outcome: AuthOutcome) {
        var outcome = outcome
        for waiter in waiters(of: call, keeping: outcome) {
            waiter.finish(outcome)
            outcome.isShared = true
        }
    }

    private func waiters(of call: Call, keeping outcome: AuthOutcome) -> [CallWaiter] {
        guard case .success(let answer) = outcome.result, TokenOwner(answer) != nil else {
            return table.end(call.keys.name)
        }
        let sealed = SealedOutcome(outcome, endedAt: 0, key: call.keys.sealingKey, nonce: nonces.next())
        // From the sending: Tiki may have refused the token since.
        let sent = NIODeadline.now() - TimeAmount(outcome.upstreamDuration ?? .zero)
        return table.end(call.keys.name, keeping: sealed, .settled, at: sent)
    }
}
