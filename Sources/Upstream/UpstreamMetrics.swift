import Metrics

/// Metrics of the connections. Each handle is made once.
package struct UpstreamMetrics {
    private let connecting: Meter
    private let idle: Meter
    private let inUse: Meter
    private let opened: Counter

    /// - Parameters:
    ///   - prefix: the beginning of each metric's name.
    ///   - factory: makes the handles.
    package init(prefix: String, _ factory: any MetricsFactory) {
        func connections(_ state: String) -> Meter {
            Meter(label: "\(prefix)_upstream_connections", dimensions: [("state", state)], factory: factory)
        }
        connecting = connections("connecting")
        idle = connections("idle")
        inUse = connections("in_use")
        opened = Counter(label: "\(prefix)_upstream_connections_opened_total", factory: factory)
    }

    /// A connection has been opened.
    func didOpenConnection() { opened.increment() }

    /// A connection has changed its state. Counts up and down, since each origin has its own pool.
    func connection(from old: ConnectionCounts.Kind?, to new: ConnectionCounts.Kind?) {
        let (left, entered) = (old.map(meter), new.map(meter))
        guard left !== entered else { return }
        left?.decrement()
        entered?.increment()
    }

    private func meter(_ kind: ConnectionCounts.Kind) -> Meter {
        switch kind {
        case .connecting, .warming: connecting
        case .ready: idle
        case .inUse: inUse
        }
    }
}
