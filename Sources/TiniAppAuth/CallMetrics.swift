import Metrics
import Upstream

/// Metrics of the calls to Tiki. Each handle is made once, one for each value of a label.
struct CallMetrics {
    private let durations: PerRoute<Timer>
    private let shared: PerRoute<Counter>
    private let replayed: PerRoute<Counter>
    private let late: PerRoute<Counter>
    private let inDoubt: PerRoute<Counter>
    private let refusals: PerRoute<[TikiReason?: Counter]>
    private let failures: [String: Counter]
    private let keptCount: Meter
    private let keptBytes: Meter

    init(_ factory: any MetricsFactory) {
        func counters(_ label: String) -> PerRoute<Counter> {
            PerRoute { Counter(label: label, dimensions: [("route", $0.rawValue)], factory: factory) }
        }
        durations = PerRoute {
            let label = "tiniapp_auth_upstream_request_duration_seconds"
            return Timer(label: label, dimensions: [("route", $0.rawValue)], factory: factory)
        }
        shared = counters("tiniapp_auth_shared_requests_total")
        replayed = counters("tiniapp_auth_replayed_requests_total")
        late = counters("tiniapp_auth_late_answers_total")
        inDoubt = counters("tiniapp_auth_in_doubt_total")
        refusals = PerRoute { route in
            let reasons = TikiReason.allCases.map(Optional.some) + [nil]
            return Dictionary(
                uniqueKeysWithValues: reasons.map { reason in
                    let labels = [("route", route.rawValue), ("reason", reason?.rawValue ?? "other")]
                    let label = "tiniapp_auth_tiki_refusals_total"
                    return (reason, Counter(label: label, dimensions: labels, factory: factory))
                }
            )
        }
        let label = "tiniapp_auth_upstream_failures_total"
        failures = Dictionary(
            uniqueKeysWithValues: AuthOutcome.failureCodes.map {
                ($0, Counter(label: label, dimensions: [("reason", $0)], factory: factory))
            }
        )
        keptCount = Meter(label: "tiniapp_auth_kept_answers", factory: factory)
        keptBytes = Meter(label: "tiniapp_auth_kept_answer_bytes", factory: factory)
    }

    /// A call has ended, or has missed its deadline.
    func ended(_ route: AuthRoute, _ outcome: AuthOutcome) {
        if let duration = outcome.upstreamDuration {
            durations[route].recordNanoseconds(duration.nanoseconds)
        }
        if let code = outcome.failureCode { failures[code]?.increment() }
        if case .success(let answer) = outcome.result, let reason = answer.errorReason {
            refusals[route][TikiReason(rawValue: reason)]?.increment()
        }
    }

    /// A call that had missed its deadline, and was counted then, has ended.
    func endedLate(_ route: AuthRoute, _ outcome: AuthOutcome) {
        if case .success = outcome.result { late[route].increment() }
    }

    /// A request has joined a call that another had begun.
    func joined(_ route: AuthRoute) { shared[route].increment() }

    /// A request has got the outcome of a call that had ended.
    func repeated(_ route: AuthRoute, _ outcome: AuthOutcome) {
        (outcome.token == .inDoubt ? inDoubt : replayed)[route].increment()
    }

    /// Sets the number of kept outcomes.
    func kept(_ count: Int, bytes: Int) {
        keptCount.set(count)
        keptBytes.set(bytes)
    }
}

extension AuthOutcome {
    /// Every value of ``failureCode``.
    package static let failureCodes = UpstreamFailure.codes + TikiAnswer.Problem.allCases.map(\.rawValue)
}
