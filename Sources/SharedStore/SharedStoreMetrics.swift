import Metrics

/// The store's metrics. Each handle is made once.
package struct SharedStoreMetrics {
    private let up: Gauge
    private let losses: Counter
    private let owed: Meter
    private let failures: [String: Counter]

    /// - Parameters:
    ///   - prefix: the beginning of each metric's name.
    ///   - factory: makes the handles.
    package init(prefix: String, _ factory: any MetricsFactory) {
        up = Gauge(label: "\(prefix)_shared_store_up", factory: factory)
        // Until there is a connection; otherwise a store that is never reached would be in no alert.
        up.record(0)
        losses = Counter(label: "\(prefix)_shared_store_memory_losses_total", factory: factory)
        owed = Meter(label: "\(prefix)_shared_store_owed_changes", factory: factory)
        owed.set(0)
        failures = Dictionary(
            uniqueKeysWithValues: Set(RedisFailure.codes).map { code in
                let name = "\(prefix)_shared_store_failures_total"
                return (code, Counter(label: name, dimensions: [("reason", code)], factory: factory))
            }
        )
    }

    func stateDidChange(isUp: Bool) { up.record(isUp ? 1 : 0) }
    func owes(_ count: Int) { owed.set(count) }
    func didLoseMemory() { losses.increment() }
    func didFail(_ failure: RedisFailure) { failures[failure.code]?.increment() }
}
