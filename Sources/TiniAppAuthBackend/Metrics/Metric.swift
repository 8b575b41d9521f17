/// A metric as operators see it. `docs/operations.md` says what its changes mean.
struct Metric: Sendable {
    let name: String
    let labels: [String]
    /// A sentence, shown with it at `/metrics`.
    let help: String

    private init(_ name: String, _ help: String, labels: [String] = []) {
        self.name = name
        self.help = help
        self.labels = labels
    }

    static let all = [
        Metric("tiniapp_auth_build_info", "Always 1; the version is in the label.", labels: ["version"]),
        Metric("tiniapp_auth_requests_total", "Requests answered, by route and status.", labels: ["route", "status"]),
        Metric(
            "tiniapp_auth_request_duration_seconds",
            "Time from accepting a request to its answer.",
            labels: ["route"]
        ),
        Metric("tiniapp_auth_requests_in_flight", "Requests that wait for their answer."),
        Metric(
            "tiniapp_auth_upstream_request_duration_seconds",
            "Time from sending a call to Tiki to its end.",
            labels: ["route"]
        ),
        Metric(
            "tiniapp_auth_upstream_failures_total",
            "Calls that brought no answer from Tiki, by reason.",
            labels: ["reason"]
        ),
        Metric(
            "tiniapp_auth_shared_requests_total",
            "Requests that shared the call of an identical one in flight.",
            labels: ["route"]
        ),
        Metric("tiniapp_auth_replayed_requests_total", "Requests that got a kept answer again.", labels: ["route"]),
        Metric(
            "tiniapp_auth_late_answers_total",
            "Answers from Tiki that came after their request had got 504.",
            labels: ["route"]
        ),
        Metric(
            "tiniapp_auth_in_doubt_total",
            "Requests with a token whose call was sent and may have used it up.",
            labels: ["route"]
        ),
        Metric(
            "tiniapp_auth_tiki_refusals_total",
            "Tiki's answers with an error, by reason.",
            labels: ["route", "reason"]
        ),
        Metric("tiniapp_auth_kept_answers", "Outcomes of exchanges and refreshes that are kept for repeated requests."),
        Metric("tiniapp_auth_kept_answer_bytes", "Bytes that the kept outcomes take."),
        Metric("tiniapp_auth_shared_store_up", "Whether there is a connection to the shared store."),
        Metric(
            "tiniapp_auth_shared_store_failures_total",
            "Commands to the shared store that failed, by reason.",
            labels: ["reason"]
        ),
        Metric(
            "tiniapp_auth_shared_store_memory_losses_total",
            "How often the shared store came back without its memory."
        ),
        Metric(
            "tiniapp_auth_shared_store_owed_changes",
            "Outcomes and releases that the shared store has not confirmed yet."
        ),
        Metric("tiniapp_auth_upstream_connections", "Connections to Tiki, by state.", labels: ["state"]),
        Metric("tiniapp_auth_upstream_connections_opened_total", "Connections to Tiki opened since the start."),
        Metric("tiniapp_auth_clock_skew_seconds", "Seconds by which our clock is ahead of Tiki's."),
        Metric("process_cpu_seconds_total", "Seconds of CPU time that the process has taken."),
        Metric("process_max_fds", "Descriptors that the process may have open."),
        Metric("process_open_fds", "Descriptors that the process has open."),
        Metric("process_resident_memory_bytes", "Bytes of the process's memory that are in RAM."),
        Metric("process_start_time_seconds", "When the process started, in seconds since 1970."),
    ]

    /// The sentences by name.
    static let help = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.help) })
}
