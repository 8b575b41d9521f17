/// The faults still to come, in order. Each is used by one call.
struct FaultScript: Sendable {
    /// Enough for any test, and a bound.
    static let limit = 10_000

    private(set) var pending: [Fault] = []

    /// Adds to the end; false, and nothing added, if that would be too many.
    mutating func append(_ faults: [Fault]) -> Bool {
        guard self.pending.count + faults.count <= Self.limit else { return false }
        self.pending += faults
        return true
    }

    /// Takes the first fault that is for this call: one for another call stays where it is and holds up nobody.
    mutating func next(for call: TikiCall) -> Fault? {
        guard let index = self.pending.firstIndex(where: { $0.call == nil || $0.call == call }) else { return nil }
        return self.pending.remove(at: index)
    }

    mutating func clear() {
        self.pending = []
    }
}
