import FastCGI
import Logging
import NIOCore
import SharedStore
import TiniAppAuth
import Upstream

/// All settings.
enum Settings {
    // Defaults are written where the limits are.
    private static let limits = FastCGILimits()
    private static let upstream = UpstreamClient.Configuration()

    static let clientKey = Setting(
        "CLIENT_KEY",
        .optionalText,
        default: nil,
        "The app's client key. Required."
    )
    static let clientSecret = Setting(
        "CLIENT_SECRET",
        .optionalText,
        default: nil,
        "The app's client secret. Required, here or as a file."
    )
    static let clientSecretFile = Setting(
        "CLIENT_SECRET_FILE",
        .file,
        default: nil,
        "A file that holds the secret; one newline at its end is not part of it."
    )
    static let authEndpoint = Setting(
        "AUTH_ENDPOINT",
        .url,
        default: nil,
        "URL of Tiki's call for auth codes. Required."
    )
    static let refreshEndpoint = Setting(
        "REFRESH_ENDPOINT",
        .url,
        default: nil,
        shown: "from AUTH_ENDPOINT",
        "URL of Tiki's call for refresh tokens. Required if AUTH_ENDPOINT does not end in /auth/token."
    )
    static let infoEndpoint = Setting(
        "INFO_ENDPOINT",
        .url,
        default: nil,
        shown: "from AUTH_ENDPOINT",
        "URL of Tiki's call for the customer. Required if AUTH_ENDPOINT does not end in /auth/token."
    )
    static let upstreamCAFile = Setting(
        "UPSTREAM_CA_FILE",
        .file,
        default: nil,
        shown: "the system's",
        "File of CA certificates (PEM) to trust for Tiki in place of the system's."
    )
    static let allowInsecureUpstream = Setting(
        "ALLOW_INSECURE_UPSTREAM",
        .flag,
        default: false,
        "1 allows plain http to hosts other than this one."
    )
    static let requestTimeout = Setting(
        "REQUEST_TIMEOUT",
        .seconds(0.1...300),
        default: Duration(AuthService.Configuration.Default.requestTimeout),
        "Seconds for a whole request. Keep it below nginx's fastcgi_read_timeout (15 s)."
    )
    static let lateAnswerTimeout = Setting(
        "LATE_ANSWER_TIMEOUT",
        .seconds(0...300),
        default: Duration(AuthService.Configuration.Default.lateAnswerTimeout),
        "Seconds, from its sending, to wait for the answer to an exchange or refresh after the app has got 504."
    )
    static let replayWindow = Setting(
        "REPLAY_WINDOW",
        .seconds(0...300),
        default: Duration(AuthService.Configuration.Default.replayWindow),
        "Seconds for which the same code or refresh token gets the same answer again; 0 sends it to Tiki each time."
    )
    static let replayMaxEntries = Setting(
        "REPLAY_MAX_ENTRIES",
        .integer(1...1_000_000),
        default: AuthService.Configuration.Default.replayMaxEntries,
        "Answers that are kept for it, 32 MiB in all; one more drops the oldest."
    )
    static let verifyWindow = Setting(
        "VERIFY_WINDOW",
        .seconds(0...30),
        default: Duration(AuthService.Configuration.Default.verifyWindow),
        "Seconds for which `/auth_verify` keeps Tiki's good answer about an access token; 0 asks Tiki each time."
    )
    static let connectTimeout = Setting(
        "CONNECT_TIMEOUT",
        .seconds(0.1...60),
        default: Duration(upstream.connectTimeout),
        "Seconds for a new connection to Tiki: name, TCP, TLS. At most half of REQUEST_TIMEOUT unless set."
    )
    static let upstreamMaxConnections = Setting(
        "UPSTREAM_MAX_CONNECTIONS",
        .integer(1...65_536),
        default: upstream.maxConnections,
        "Connections to Tiki; each carries one call at a time, further calls wait."
    )
    static let upstreamWarmConnections = Setting(
        "UPSTREAM_WARM_CONNECTIONS",
        .integer(0...1_024),
        default: upstream.warmConnections,
        "Connections to Tiki that are opened at start and kept ready; 0 for none."
    )
    static let sharedStore = Setting(
        "SHARED_STORE",
        .storeURL,
        default: nil,
        "URL of the Redis or Valkey that several instances share. Not set: each is by itself."
    )
    static let sharedStoreUser = Setting(
        "SHARED_STORE_USER",
        .optionalText,
        default: nil,
        "The user's name there, if it is not the default user."
    )
    static let sharedStorePasswordFile = Setting(
        "SHARED_STORE_PASSWORD_FILE",
        .file,
        default: nil,
        "A file that holds the password; one newline at its end is not part of it."
    )
    static let sharedStoreCAFile = Setting(
        "SHARED_STORE_CA_FILE",
        .file,
        default: nil,
        shown: "the system's",
        "File of CA certificates (PEM) to trust for a `rediss:` URL in place of the system's."
    )
    static let sharedStoreTimeout = Setting(
        "SHARED_STORE_TIMEOUT",
        .seconds(0.05...5),
        default: Duration(SharedStore.Configuration.defaultTimeout),
        "Seconds for an answer of the store. At most half of REQUEST_TIMEOUT unless set."
    )
    static let sharedStoreRequired = Setting(
        "SHARED_STORE_REQUIRED",
        .flag,
        default: false,
        "1: no code or refresh token goes to Tiki while the store does not answer, or has lost its memory."
    )
    static let allowInsecureStore = Setting(
        "ALLOW_INSECURE_STORE",
        .flag,
        default: false,
        "1 allows sending the store's password in clear text to another machine."
    )
    static let maxBodyBytes = Setting(
        "MAX_BODY_BYTES",
        .integer(1...524_288),
        default: 16_384,
        "Bytes of a request's body; nginx has its own limit of 16 KiB."
    )
    static let maxResponseBytes = Setting(
        "MAX_RESPONSE_BYTES",
        // With some room for the head of the response.
        .integer(1_024...FastCGIResponse.maxBytes - 8_192),
        default: upstream.maxAnswerBytes,
        "Bytes of an answer from Tiki."
    )
    static let listenSocket = Setting(
        "LISTEN_SOCKET",
        .text,
        default: "/run/tiniapp-auth-backend/fastcgi.sock",
        "Unix socket for nginx. Not used if systemd passes one (LISTEN_FDS); `make run` has one of its own."
    )
    static let arrivalTimeout = Setting(
        "ARRIVAL_TIMEOUT",
        .seconds(0.1...300),
        default: limits.arrivalTimeout,
        "Seconds for a request to arrive complete from nginx."
    )
    static let maxPendingConnections = Setting(
        "MAX_PENDING_CONNECTIONS",
        .integer(1...65_536),
        default: limits.maxPendingConnections,
        "Connections whose request is not complete; one more closes the oldest."
    )
    static let maxParamsBytes = Setting(
        "MAX_PARAMS_BYTES",
        .integer(1_024...262_144),
        default: limits.maxParamsBytes,
        "Bytes of a request's FastCGI params."
    )
    static let maxInFlight = Setting(
        "MAX_IN_FLIGHT",
        .integer(1...65_536),
        default: limits.maxInFlight,
        "Requests that wait for their answer; one more gets 503 `overloaded`."
    )
    static let shutdownGrace = Setting(
        "SHUTDOWN_GRACE",
        .seconds(0...300),
        default: .seconds(8),
        "Seconds in which a shutdown finishes what is in flight."
    )
    static let logLevel = Setting(
        "LOG_LEVEL",
        .logLevel,
        default: .info,
        "The lowest level that is logged."
    )
    static let logFormat = Setting(
        "LOG_FORMAT",
        .logFormat,
        default: .auto,
        "`json`: an object a line; `text`: for people; `auto`: `text` at a terminal, `json` elsewhere."
    )
    static let googleCloudProject = Setting(
        "GOOGLE_CLOUD_PROJECT",
        .optionalText,
        default: nil,
        "On Google Cloud: the project whose traces the log lines belong to."
    )

    static let validationCode = Setting(
        "TIKI_VALIDATION_CODE",
        .optionalText,
        default: nil,
        "The name in the address at which Tini Console looks for `auth.txt`: /tiki-validation-code/NAME/auth.txt."
    )
    static let validationText = Setting(
        "TIKI_VALIDATION_TEXT",
        .verbatim,
        default: nil,
        "The content of that file."
    )
    static let validationFolder = Setting(
        "TIKI_VALIDATION_FOLDER",
        .file,
        default: nil,
        "A folder of such files, each as NAME/auth.txt. The unit on a VM sets it."
    )
    /// Only checked here. nginx reads it and decides by it.
    static let allowedOrigins = Setting(
        "ALLOWED_ORIGINS",
        .origins,
        default: [],
        "Web pages that may call, such as https://tiki.vn. Not on a VM: nginx/allowed-origins.conf has them there."
    )

    /// Every setting, in the order in which people meet them.
    static let all = [
        clientKey.reference, clientSecret.reference, clientSecretFile.reference, authEndpoint.reference,
        refreshEndpoint.reference, infoEndpoint.reference, upstreamCAFile.reference, allowInsecureUpstream.reference,
        requestTimeout.reference, lateAnswerTimeout.reference, replayWindow.reference, replayMaxEntries.reference,
        verifyWindow.reference,
        sharedStore.reference, sharedStoreUser.reference, sharedStorePasswordFile.reference,
        sharedStoreCAFile.reference, sharedStoreTimeout.reference, sharedStoreRequired.reference,
        allowInsecureStore.reference,
        connectTimeout.reference, upstreamMaxConnections.reference,
        upstreamWarmConnections.reference, maxBodyBytes.reference, maxResponseBytes.reference, listenSocket.reference,
        arrivalTimeout.reference, maxPendingConnections.reference, maxParamsBytes.reference, maxInFlight.reference,
        shutdownGrace.reference, logLevel.reference, logFormat.reference, googleCloudProject.reference,
        validationCode.reference, validationText.reference, validationFolder.reference, allowedOrigins.reference,
    ]
}

extension SettingType where Value == LogFormat {
    static let logFormat = SettingType(
        name: LogFormat.allCases.map(\.rawValue).joined(separator: ", "),
        problem: "is none of \(LogFormat.allCases.map(\.rawValue).joined(separator: ", "))",
        parse: { LogFormat(rawValue: $0.lowercased()) },
        text: \.rawValue
    )
}

extension SettingType where Value == Logger.Level {
    static let logLevel = SettingType(
        name: Logger.Level.allCases.map(\.rawValue).joined(separator: ", "),
        problem: "is none of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))",
        parse: { Logger.Level(rawValue: $0.lowercased()) },
        text: \.rawValue
    )
}
