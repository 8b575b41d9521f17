import Synchronization

/// Callbacks that wait for proof that the responder's thread still runs.
final class TurnObservers: Sendable {
    /// nil once the thread has ended: then there is nothing to wait for.
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
