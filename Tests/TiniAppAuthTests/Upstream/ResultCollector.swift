import Synchronization

@testable import TiniAppAuth

/// Waits for the results of several calls.
final class ResultCollector: Sendable {
    typealias Element = Result<UpstreamAnswer, AuthError>

    private let results = Mutex<[Int: Element]>([:])
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    /// - Returns: all results in the order of their numbers, when this is the last of them.
    func add(_ result: Element, _ number: Int) -> [Element]? {
        results.withLock { results in
            results[number] = result
            return results.count == count ? results.sorted { $0.key < $1.key }.map(\.value) : nil
        }
    }
}
