/// The pending faults, in order. Each is used for one call.
struct FaultScript: Sendable {
    /// Enough for any test; bounds the memory.
    static let limit = 10_000

    private(set) var pending: [Fault] = []

    /// Adds faults at the end. Adds nothing and returns false if there would be too many.
    mutating func append(_ faults: [Fault]) -> Bool {
        guard self.pending.count + faults.count <= Self.limit else { return false }
        self.pending += faults
        return true
    }

    /// Takes the first fault that applies to this call. Faults for other calls stay, and do not hold this one up.
    mutating func next(for call: TikiCall) -> Fault? {
        guard let index = self.pending.firstIndex(where: { $0.call == nil || $0.call == call }) else { return nil }
        return self.pending.remove(at: index)
    }

    mutating func clear() {
        self.pending = []
    }
}
