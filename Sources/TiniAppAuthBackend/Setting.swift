/// One setting, as the environment names it. The README's table says the same; a test compares them.
struct Setting: Sendable {
    let name: String
    /// As the table shows it; nil if there is none.
    let defaultValue: String?
    let summary: String
}

extension Setting {
    static let clientKey = Setting(
        name: "CLIENT_KEY",
        defaultValue: nil,
        summary: "The app's client key. Required."
    )
    static let clientSecret = Setting(
        name: "CLIENT_SECRET",
        defaultValue: nil,
        summary: "The app's client secret. Required, here or as a file."
    )
    static let clientSecretFile = Setting(
        name: "CLIENT_SECRET_FILE",
        defaultValue: nil,
        summary: "A file that holds the secret; one newline at its end is not part of it."
    )
    static let authEndpoint = Setting(
        name: "AUTH_ENDPOINT",
        defaultValue: nil,
        summary: "URL of Tiki's call for auth codes. Required."
    )
    static let refreshEndpoint = Setting(
        name: "REFRESH_ENDPOINT",
        defaultValue: "from AUTH_ENDPOINT",
        summary: "URL of Tiki's call for refresh tokens. Required if AUTH_ENDPOINT does not end in /auth/token."
    )
    static let infoEndpoint = Setting(
        name: "INFO_ENDPOINT",
        defaultValue: "from AUTH_ENDPOINT",
        summary: "URL of Tiki's call for the customer. Required if AUTH_ENDPOINT does not end in /auth/token."
    )
    static let upstreamCAFile = Setting(
        name: "UPSTREAM_CA_FILE",
        defaultValue: "the system's",
        summary: "Certificates (PEM) to trust for Tiki in place of the system's."
    )
    static let allowInsecureUpstream = Setting(
        name: "ALLOW_INSECURE_UPSTREAM",
        defaultValue: "0",
        summary: "1 allows plain http to hosts other than this one."
    )
    static let requestTimeout = Setting(
        name: "REQUEST_TIMEOUT",
        defaultValue: "10",
        summary: "Seconds for a whole request. Keep it below nginx's fastcgi_read_timeout (15 s)."
    )
    static let maxBodyBytes = Setting(
        name: "MAX_BODY_BYTES",
        defaultValue: "16384",
        summary: "Bytes of a request's body; nginx has its own limit of 16 KiB."
    )
    static let maxResponseBytes = Setting(
        name: "MAX_RESPONSE_BYTES",
        defaultValue: "65536",
        summary: "Bytes of an answer of Tiki's."
    )
    static let connectTimeout = Setting(
        name: "CONNECT_TIMEOUT",
        defaultValue: "3",
        summary: "Seconds for a new connection to Tiki: name, TCP, TLS. At most half of REQUEST_TIMEOUT unless set."
    )
    static let upstreamMaxConnections = Setting(
        name: "UPSTREAM_MAX_CONNECTIONS",
        defaultValue: "512",
        summary: "Connections to Tiki; each carries one call at a time, further calls wait."
    )
    static let upstreamWarmConnections = Setting(
        name: "UPSTREAM_WARM_CONNECTIONS",
        defaultValue: "2",
        summary: "Connections to Tiki that are opened at start and kept ready; 0 for none."
    )
    static let listenSocket = Setting(
        name: "LISTEN_SOCKET",
        defaultValue: "/run/tiniapp-auth-backend/fastcgi.sock",
        summary: "Unix socket for nginx. Not used if systemd passes one (LISTEN_FDS)."
    )
    static let arrivalTimeout = Setting(
        name: "ARRIVAL_TIMEOUT",
        defaultValue: "5",
        summary: "Seconds for a request to arrive complete from nginx."
    )
    static let maxPendingConnections = Setting(
        name: "MAX_PENDING_CONNECTIONS",
        defaultValue: "4096",
        summary: "Connections whose request is not complete; one more closes the oldest."
    )
    static let maxParamsBytes = Setting(
        name: "MAX_PARAMS_BYTES",
        defaultValue: "32768",
        summary: "Bytes of a request's FastCGI params."
    )
    static let maxInFlight = Setting(
        name: "MAX_IN_FLIGHT",
        defaultValue: "4096",
        summary: "Requests that wait for their answer; one more gets 503 `overloaded`."
    )
    static let shutdownGrace = Setting(
        name: "SHUTDOWN_GRACE",
        defaultValue: "8",
        summary: "Seconds in which a shutdown finishes what is in flight."
    )
    static let googleCloudProject = Setting(
        name: "GOOGLE_CLOUD_PROJECT",
        defaultValue: nil,
        summary: "On Google Cloud: the project whose traces the log lines belong to."
    )
    static let logLevel = Setting(
        name: "LOG_LEVEL",
        defaultValue: "info",
        summary: "trace, debug, info, notice, warning, error or critical."
    )

    /// Every setting, in the order in which people meet them.
    static let all = [
        clientKey, clientSecret, clientSecretFile, authEndpoint, refreshEndpoint, infoEndpoint, upstreamCAFile,
        allowInsecureUpstream, requestTimeout, connectTimeout, upstreamMaxConnections, upstreamWarmConnections,
        maxBodyBytes, maxResponseBytes, listenSocket, arrivalTimeout, maxPendingConnections, maxParamsBytes,
        maxInFlight,
        shutdownGrace, logLevel, googleCloudProject,
    ]

    /// The table for `--help`.
    static var table: String {
        all.map { setting in
            let defaultValue = setting.defaultValue.map { " Default: \($0)." } ?? ""
            return "\(setting.name)\n    \(setting.summary)\(defaultValue)"
        }.joined(separator: "\n")
    }
}
