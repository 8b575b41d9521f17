import Synchronization

@testable import TiniAppAuth

/// Waits for the outcomes of several calls.
final class OutcomeCollector: Sendable {
    typealias Element = AuthOutcome

    private let outcomes = Mutex<[Int: Element]>([:])
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    /// - Returns: all outcomes, ordered by number, if this is the last one.
    func add(_ outcome: Element, _ number: Int) -> [Element]? {
        outcomes.withLock { outcomes in
            outcomes[number] = outcome
            return outcomes.count == count ? outcomes.sorted { $0.key < $1.key }.map(\.value) : nil
        }
    }
}
