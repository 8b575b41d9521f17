import Metrics

/// What an operator graphs of the calls to Tiki. Handles are made once, one for each value of a label.
struct UpstreamMetrics {
    private let durations: [AuthRoute: Timer]
    private let shared: [AuthRoute: Counter]
    private let failures: [String: Counter]
    private let connecting: Meter
    private let idle: Meter
    private let inUse: Meter
    private let opened: Counter
    private let clockSkew: Meter

    init(_ factory: any MetricsFactory) {
        func perRoute<Handle>(_ make: ([(String, String)]) -> Handle) -> [AuthRoute: Handle] {
            Dictionary(uniqueKeysWithValues: AuthRoute.allCases.map { ($0, make([("route", $0.rawValue)])) })
        }
        func connections(_ state: String) -> Meter {
            Meter(label: "tiniapp_auth_upstream_connections", dimensions: [("state", state)], factory: factory)
        }
        durations = perRoute {
            Timer(label: "tiniapp_auth_upstream_request_duration_seconds", dimensions: $0, factory: factory)
        }
        shared = perRoute {
            Counter(label: "tiniapp_auth_shared_requests_total", dimensions: $0, factory: factory)
        }
        failures = Dictionary(
            uniqueKeysWithValues: UpstreamFailure.all.map(\.word).map { word in
                let dimensions = [("reason", word)]
                return (
                    word,
                    Counter(label: "tiniapp_auth_upstream_failures_total", dimensions: dimensions, factory: factory)
                )
            }
        )
        connecting = connections("connecting")
        idle = connections("idle")
        inUse = connections("in_use")
        opened = Counter(label: "tiniapp_auth_upstream_connections_opened_total", factory: factory)
        clockSkew = Meter(label: "tiniapp_auth_clock_skew_seconds", factory: factory)
    }

    /// A call has ended.
    func ended(_ route: AuthRoute, _ outcome: UpstreamCall.Outcome) {
        if let duration = outcome.duration { durations[route]?.recordNanoseconds(Int64(duration / .nanoseconds(1))) }
        if case .failure(let failure) = outcome.result { failures[failure.word]?.increment() }
    }

    /// A request has joined a call that another had begun.
    func joined(_ route: AuthRoute) { shared[route]?.increment() }

    /// A connection has been opened.
    func didOpenConnection() { opened.increment() }

    /// A connection has changed its state. Counts up and down, since each origin has a pool of its own.
    func connection(from old: ConnectionCounts.Kind?, to new: ConnectionCounts.Kind?) {
        let (left, entered) = (old.map(meter), new.map(meter))
        guard left !== entered else { return }
        left?.decrement()
        entered?.increment()
    }

    private func meter(_ kind: ConnectionCounts.Kind) -> Meter {
        switch kind {
        case .connecting, .warming: connecting
        case .ready, .ageing: idle
        case .inUse: inUse
        }
    }

    /// Seconds by which our clock is ahead of Tiki's; negative if it is behind.
    func clockSkew(_ seconds: Int64) { clockSkew.set(seconds) }
}
