/// A metric as operators see it. `docs/operations.md` says what its changes mean.
struct Metric: Sendable {
    let name: String
    /// The labels.
    let labels: [String]
    /// A sentence, shown with it at `/metrics`.
    let help: String

    static let all = [
        Metric(
            name: "tiniapp_auth_build_info",
            labels: ["version"],
            help: "Always 1; the version is in the label."
        ),
        Metric(
            name: "tiniapp_auth_requests_total",
            labels: ["route", "status"],
            help: "Requests answered, by route and status."
        ),
        Metric(
            name: "tiniapp_auth_request_duration_seconds",
            labels: ["route"],
            help: "Time from accepting a request to its answer."
        ),
        Metric(
            name: "tiniapp_auth_requests_in_flight",
            labels: [],
            help: "Requests that wait for their answer."
        ),
        Metric(
            name: "tiniapp_auth_upstream_request_duration_seconds",
            labels: ["route"],
            help: "Time from sending a call to Tiki to its end."
        ),
        Metric(
            name: "tiniapp_auth_upstream_failures_total",
            labels: ["reason"],
            help: "Calls that brought no answer from Tiki, by reason."
        ),
        Metric(
            name: "tiniapp_auth_shared_requests_total",
            labels: ["route"],
            help: "Requests that shared the call of an identical one in flight."
        ),
        Metric(
            name: "tiniapp_auth_replayed_requests_total",
            labels: ["route"],
            help: "Requests that got a kept answer again."
        ),
        Metric(
            name: "tiniapp_auth_late_answers_total",
            labels: ["route"],
            help: "Answers from Tiki that came after their request had got 504."
        ),
        Metric(
            name: "tiniapp_auth_in_doubt_total",
            labels: ["route"],
            help: "Requests with a token whose call was sent and may have used it up."
        ),
        Metric(
            name: "tiniapp_auth_tiki_refusals_total",
            labels: ["route", "reason"],
            help: "Tiki's answers with an error, by reason."
        ),
        Metric(
            name: "tiniapp_auth_kept_answers",
            labels: [],
            help: "Outcomes of exchanges and refreshes that are kept for repeated requests."
        ),
        Metric(
            name: "tiniapp_auth_kept_answer_bytes",
            labels: [],
            help: "Bytes that the kept outcomes take."
        ),
        Metric(
            name: "tiniapp_auth_shared_store_up",
            labels: [],
            help: "Whether there is a connection to the shared store."
        ),
        Metric(
            name: "tiniapp_auth_shared_store_failures_total",
            labels: ["reason"],
            help: "Commands to the shared store that failed, by reason."
        ),
        Metric(
            name: "tiniapp_auth_shared_store_memory_losses_total",
            labels: [],
            help: "How often the shared store came back without its memory."
        ),
        Metric(
            name: "tiniapp_auth_shared_store_owed_changes",
            labels: [],
            help: "Outcomes and releases that the shared store has not confirmed yet."
        ),
        Metric(
            name: "tiniapp_auth_upstream_connections",
            labels: ["state"],
            help: "Connections to Tiki, by state."
        ),
        Metric(
            name: "tiniapp_auth_upstream_connections_opened_total",
            labels: [],
            help: "Connections to Tiki opened since the start."
        ),
        Metric(
            name: "tiniapp_auth_clock_skew_seconds",
            labels: [],
            help: "Seconds by which our clock is ahead of Tiki's."
        ),
    ]

    /// The sentences by name.
    static let help = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.help) })
}
