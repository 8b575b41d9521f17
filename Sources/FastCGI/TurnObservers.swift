import Synchronization

/// Who waits to see that the responder's thread still goes round.
final class TurnObservers: Sendable {
    /// nil once the thread has ended: nobody needs to wait any more.
    private let waiting = Mutex<[@Sendable () -> Void]?>([])

    func add(_ body: @escaping @Sendable () -> Void) {
        let mustWait = waiting.withLock { waiting in
            waiting?.append(body)
            return waiting != nil
        }
        if !mustWait { body() }
    }

    func notify() {
        for body in takeAll(leaving: []) { body() }
    }

    func end() {
        for body in takeAll(leaving: nil) { body() }
    }

    private func takeAll(leaving rest: [@Sendable () -> Void]?) -> [@Sendable () -> Void] {
        waiting.withLock { waiting in
            let all = waiting ?? []
            waiting = rest
            return all
        }
    }
}
