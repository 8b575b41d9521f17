import Foundation
import Synchronization

/// Asks `GET /health/live` a hundred times a second, and records how long each answer takes.
final class HealthProbe: Sendable {
    private struct State {
        var latencies: [Duration] = []
        var failures: [String] = []
        var isStopped = false
        var isDone = false
    }

    private let state = Mutex(State())

    init(port: Int) {
        Thread.detachNewThread { [self] in
            do {
                let client = try HTTPClient(port: port)
                while !state.withLock({ $0.isStopped }) {
                    let started = ContinuousClock.now
                    let status = try client.get("/health/live").status
                    let latency = ContinuousClock.now - started
                    state.withLock { state in
                        state.latencies.append(latency)
                        if status != 200 { state.failures.append("status \(status)") }
                    }
                    usleep(10_000)
                }
            } catch {
                state.withLock { $0.failures.append("\(error)") }
            }
            state.withLock { $0.isDone = true }
        }
    }

    /// Ends it.
    ///
    /// - Returns: the number of answers, the longest time and the 99th percentile in milliseconds, and the failures.
    func stop() async throws -> (count: Int, longest: Double, percentile99: Double, failures: [String]) {
        state.withLock { $0.isStopped = true }
        while !state.withLock({ $0.isDone }) { try await Task.sleep(for: .milliseconds(5)) }
        return state.withLock { state in
            let sorted = state.latencies.map { $0 / .milliseconds(1) }.sorted()
            return (
                sorted.count, sorted.last ?? 0, sorted.isEmpty ? 0 : sorted[sorted.count * 99 / 100], state.failures
            )
        }
    }
}
