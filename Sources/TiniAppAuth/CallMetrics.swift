import Metrics
import Upstream

/// Metrics of the calls to Tiki. Each handle is made once, one for each value of a label.
struct CallMetrics {
    private let durations: [AuthRoute: Timer]
    private let shared: [AuthRoute: Counter]
    private let failures: [String: Counter]

    init(_ factory: any MetricsFactory) {
        func perRoute<Handle>(_ make: ([(String, String)]) -> Handle) -> [AuthRoute: Handle] {
            Dictionary(uniqueKeysWithValues: AuthRoute.allCases.map { ($0, make([("route", $0.rawValue)])) })
        }
        durations = perRoute {
            Timer(label: "tiniapp_auth_upstream_request_duration_seconds", dimensions: $0, factory: factory)
        }
        shared = perRoute {
            Counter(label: "tiniapp_auth_shared_requests_total", dimensions: $0, factory: factory)
        }
        let label = "tiniapp_auth_upstream_failures_total"
        failures = Dictionary(
            uniqueKeysWithValues: AuthOutcome.failureCodes.map {
                ($0, Counter(label: label, dimensions: [("reason", $0)], factory: factory))
            }
        )
    }

    /// A call has ended.
    func ended(_ route: AuthRoute, _ outcome: AuthOutcome) {
        if let duration = outcome.upstreamDuration {
            durations[route]?.recordNanoseconds(Int64(duration / .nanoseconds(1)))
        }
        if let code = outcome.failureCode { failures[code]?.increment() }
    }

    /// A request has joined a call that another had begun.
    func joined(_ route: AuthRoute) { shared[route]?.increment() }
}

extension AuthOutcome {
    /// Every value of ``failureCode``.
    package static let failureCodes = UpstreamFailure.all.map(\.code) + TikiAnswer.Problem.allCases.map(\.rawValue)
}
