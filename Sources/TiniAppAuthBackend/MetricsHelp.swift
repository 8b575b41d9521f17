/// A sentence for each metric, shown beside it. docs/operations.md says the same; a test compares them.
enum MetricsHelp {
    static let sentences = [
        "tiniapp_auth_requests_total": "Requests answered, by route and status.",
        "tiniapp_auth_request_duration_seconds": "Time from accepting a request to its answer.",
        "tiniapp_auth_requests_in_flight": "Requests that wait for their answer.",
        "tiniapp_auth_upstream_request_duration_seconds": "Time from sending a call to Tiki to its end.",
        "tiniapp_auth_upstream_failures_total": "Calls that brought no answer of Tiki's, by reason.",
        "tiniapp_auth_shared_requests_total": "Requests that shared the call of an identical one in flight.",
        "tiniapp_auth_upstream_connections": "Connections to Tiki, by state.",
        "tiniapp_auth_upstream_connections_opened_total": "Connections to Tiki opened since the start.",
        "tiniapp_auth_clock_skew_seconds": "Seconds by which our clock is ahead of Tiki's.",
    ]
}
