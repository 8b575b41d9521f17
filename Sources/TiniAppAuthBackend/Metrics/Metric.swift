/// A metric as operators see it. `make docs` writes the table into `docs/operations.md`.
struct Metric: Sendable {
    let name: String
    /// The labels, in the order of the documentation.
    let labels: [String]
    /// A sentence, shown with it at `/metrics`.
    let help: String
    /// The meaning of a change, in Markdown, for `docs/operations.md`.
    let reading: String

    static let all = [
        Metric(
            name: "tiniapp_auth_build_info",
            labels: ["version"],
            help: "Always 1; the version is in the label.",
            reading: "which version runs where"
        ),
        Metric(
            name: "tiniapp_auth_requests_total",
            labels: ["route", "status"],
            help: "Requests answered, by route and status.",
            reading: """
                502 and 504: look at the failures below. 503: overload or a shutdown. 400 instead of 200 on all \
                routes: [`invalid_signature`](#invalid_signature-from-tiki). 400 on `exchange` only: codes that came late \
                or twice; look at the app. 404 and 405: mostly scanners
                """
        ),
        Metric(
            name: "tiniapp_auth_request_duration_seconds",
            labels: ["route"],
            help: "Time from accepting a request to its answer.",
            reading: """
                if `tiniapp_auth_upstream_request_duration_seconds` rises too, Tiki is slow. If not, connections to Tiki \
                are being opened (`connecting`), or all of them are in use
                """
        ),
        Metric(
            name: "tiniapp_auth_requests_in_flight",
            labels: [],
            help: "Requests that wait for their answer.",
            reading: """
                1 is the one that asks. Rises with Tiki's latency; near `MAX_IN_FLIGHT`: \
                [more than one instance](#more-than-one-instance), or Tiki hangs
                """
        ),
        Metric(
            name: "tiniapp_auth_upstream_request_duration_seconds",
            labels: ["route"],
            help: "Time from sending a call to Tiki to its end.",
            reading: "that is Tiki. Near `REQUEST_TIMEOUT`: 504s come with it"
        ),
        Metric(
            name: "tiniapp_auth_upstream_failures_total",
            labels: ["reason"],
            help: "Calls that brought no answer from Tiki, by reason.",
            reading: "should not move; [by reason](#why-a-call-failed)"
        ),
        Metric(
            name: "tiniapp_auth_shared_requests_total",
            labels: ["route"],
            help: "Requests that shared the call of an identical one in flight.",
            reading: "each would probably have cost a login. Many: the app sends twice, and should not"
        ),
        Metric(
            name: "tiniapp_auth_replayed_requests_total",
            labels: ["route"],
            help: "Requests that got a kept answer again.",
            reading: "phones that lost the answer and asked again. Each would have been logged out"
        ),
        Metric(
            name: "tiniapp_auth_late_answers_total",
            labels: ["route"],
            help: "Answers from Tiki that came after their request had got 504.",
            reading: "who asks again within `REPLAY_WINDOW` gets it. Rises: Tiki is slower than `REQUEST_TIMEOUT`"
        ),
        Metric(
            name: "tiniapp_auth_in_doubt_total",
            labels: ["route"],
            help: "Requests with a token whose call was sent and may have used it up.",
            reading: "they got the same error again, and nothing was sent. Follows the failures above, and Tiki's 5xx"
        ),
        Metric(
            name: "tiniapp_auth_tiki_refusals_total",
            labels: ["route", "reason"],
            help: "Tiki's answers with an error, by reason.",
            reading: """
                `invalid_token` on `refresh`: people are being logged out. `invalid_signature`: \
                [nobody can log in](#invalid_signature-from-tiki)
                """
        ),
        Metric(
            name: "tiniapp_auth_kept_answers",
            labels: [],
            help: "Outcomes of exchanges and refreshes that are kept for repeated requests.",
            reading: "at `REPLAY_MAX_ENTRIES`: the oldest go before their time"
        ),
        Metric(
            name: "tiniapp_auth_kept_answer_bytes",
            labels: [],
            help: "Bytes that the kept outcomes take.",
            reading: "at 32 MiB: the oldest go before their time"
        ),
        Metric(
            name: "tiniapp_auth_shared_store_up",
            labels: [],
            help: "Whether there is a connection to the shared store.",
            reading: "0: each instance is by itself, or with `SHARED_STORE_REQUIRED=1` nobody can log in"
        ),
        Metric(
            name: "tiniapp_auth_shared_store_failures_total",
            labels: ["reason"],
            help: "Commands to the shared store that failed, by reason.",
            reading: "should not move. `timeout`: it is slow, or too far away"
        ),
        Metric(
            name: "tiniapp_auth_shared_store_memory_losses_total",
            labels: [],
            help: "How often the shared store came back without its memory.",
            reading: "tokens of these seconds may have been sent twice, unless `SHARED_STORE_REQUIRED=1`"
        ),
        Metric(
            name: "tiniapp_auth_shared_store_owed_changes",
            labels: [],
            help: "Outcomes and releases that the shared store has not confirmed yet.",
            reading: "stays above 0: the store does not answer; other instances wait for these"
        ),
        Metric(
            name: "tiniapp_auth_upstream_connections",
            labels: ["state"],
            help: "Connections to Tiki, by state.",
            reading: """
                `in_use` at `UPSTREAM_MAX_CONNECTIONS`: calls wait, raise it. `connecting` that stays: Tiki is not \
                reached. `idle` at 0: nothing is kept ready
                """
        ),
        Metric(
            name: "tiniapp_auth_upstream_connections_opened_total",
            labels: [],
            help: "Connections to Tiki opened since the start.",
            reading: """
                some in a minute at rest. As fast as the requests: Tiki, or something before it, closes each after its \
                answer
                """
        ),
        Metric(
            name: "tiniapp_auth_clock_skew_seconds",
            labels: [],
            help: "Seconds by which our clock is ahead of Tiki's.",
            reading: "over 5 either way: [Clock skew](#clock-skew), before it is 60"
        ),
    ]

    /// The sentences by name.
    static let help = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.help) })
}
