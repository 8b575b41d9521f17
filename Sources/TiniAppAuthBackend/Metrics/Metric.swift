/// A metric as operators see it. `docs/log-and-metrics.md` says what its changes mean.
struct Metric: Sendable {
    let name: String
    /// With commas between them.
    let labels: String
    /// A sentence, shown with it at `/metrics`.
    let help: String

    static let all = sentences.map { key, sentence in
        let parts = key.split(separator: "{", maxSplits: 1)
        return Metric(
            name: String(parts[0]),
            labels: parts.count == 2 ? String(parts[1].dropLast()) : "",
            help: sentence
        )
    }

    /// The sentences by name.
    static let help = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.help) })

    private static let sentences: KeyValuePairs = [
        "tiniapp_auth_build_info{version}": "Always 1; the version is in the label.",
        "tiniapp_auth_requests_total{route,status}": "Requests answered, by route and status.",
        "tiniapp_auth_request_duration_seconds{route}": "Time from accepting a request to its answer.",
        "tiniapp_auth_requests_in_flight": "Requests that wait for their answer.",
        "tiniapp_auth_upstream_request_duration_seconds{route}": "Time from sending a call to Tiki to its end.",
        "tiniapp_auth_upstream_failures_total{reason}": "Calls that brought no answer from Tiki, by reason.",
        "tiniapp_auth_shared_requests_total{route}": "Requests that shared the call of an identical one in flight.",
        "tiniapp_auth_replayed_requests_total{route}": "Requests that got a kept answer again.",
        "tiniapp_auth_late_answers_total{route}": "Answers from Tiki that came after their request had got 504.",
        "tiniapp_auth_in_doubt_total{route}": "Requests with a token whose call was sent and may have used it up.",
        "tiniapp_auth_tiki_refusals_total{route,reason}": "Tiki's answers with an error, by reason.",
        "tiniapp_auth_kept_answers": "Outcomes of exchanges and refreshes that are kept for repeated requests.",
        "tiniapp_auth_kept_answer_bytes": "Bytes that the kept outcomes take.",
        "tiniapp_auth_shared_store_up": "Whether there is a connection to the shared store.",
        "tiniapp_auth_shared_store_failures_total{reason}": "Commands to the shared store that failed, by reason.",
        "tiniapp_auth_shared_store_memory_losses_total": "How often the shared store came back without its memory.",
        "tiniapp_auth_shared_store_owed_changes": "Outcomes and releases that the shared store has not confirmed yet.",
        "tiniapp_auth_upstream_connections{state}": "Connections to Tiki, by state.",
        "tiniapp_auth_upstream_connections_opened_total": "Connections to Tiki opened since the start.",
        "tiniapp_auth_clock_skew_seconds": "Seconds by which our clock is ahead of Tiki's.",
        "process_cpu_seconds_total": "Seconds of CPU time that the process has taken.",
        "process_max_fds": "Descriptors that the process may have open.",
        "process_open_fds": "Descriptors that the process has open.",
        "process_resident_memory_bytes": "Bytes of the process's memory that are in RAM.",
        "process_start_time_seconds": "When the process started, in seconds since 1970.",
    ]
}
