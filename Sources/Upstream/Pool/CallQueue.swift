import DequeModule

/// Calls that wait, in the order in which they came. Those that have ended meanwhile no longer count.
struct CallQueue {
    private var calls: Deque<UpstreamCall> = []

    var isEmpty: Bool { calls.isEmpty }

    /// How many wait. Calls expire in about the order in which they came, so those that have ended are at the front.
    var count: Int {
        mutating get {
            dropEnded()
            return calls.count
        }
    }

    mutating func append(_ call: UpstreamCall) {
        dropEnded()
        calls.append(call)
    }

    /// Takes the call that has waited longest.
    mutating func popFirst() -> UpstreamCall? {
        while let call = calls.popFirst() {
            if !call.isFinished { return call }
        }
        return nil
    }

    private mutating func dropEnded() {
        while calls.first?.isFinished == true { calls.removeFirst() }
    }
}
