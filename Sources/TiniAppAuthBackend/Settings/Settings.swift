import FastCGI
import Logging
import NIOCore
import SharedStore
import TiniAppAuth
import Upstream

/// All settings, in the order in which people meet them.
struct Settings: Sendable {
    /// The settings that there are.
    static let known = Settings()
    /// Each of them, as the documentation describes it. A stored property is a setting, so none can be missing.
    static let all = Mirror(reflecting: known).children.compactMap { $0.value as? any AnySetting }

    static func name<Value>(_ setting: KeyPath<Settings, Setting<Value>>) -> String { known[keyPath: setting].name }

    private typealias Default = AuthService.Configuration.Default
    // Defaults are written where the limits are.
    private static let limits = FastCGILimits()
    private static let calls = UpstreamClient.Configuration()
    // With some room for the head of the response.
    private static let maxBody = FastCGIResponse.maxBytes - 8_192
    private static let storeTimeout = SharedStore.Configuration.defaultTimeout

    let clientKey = Setting("CLIENT_KEY", .text)
        .means("The app's client key. Required.")
    let clientSecret = Setting("CLIENT_SECRET", .text)
        .means("The app's client secret. Required, here or as a file.")
    let clientSecretFile = Setting("CLIENT_SECRET_FILE", .secretFile)
        .means("A file that holds the secret; one newline at its end is not part of it.")
    let authEndpoint = Setting("AUTH_ENDPOINT", .url)
        .means("URL of Tiki's call for auth codes. Required.")
    let refreshEndpoint = Setting("REFRESH_ENDPOINT", .url, shown: "from AUTH_ENDPOINT")
        .means("URL of Tiki's call for refresh tokens. Required if AUTH_ENDPOINT does not end in /auth/token.")
    let infoEndpoint = Setting("INFO_ENDPOINT", .url, shown: "from AUTH_ENDPOINT")
        .means("URL of Tiki's call for the customer. Required if AUTH_ENDPOINT does not end in /auth/token.")
    let upstreamCAFile = Setting("UPSTREAM_CA_FILE", .certificates, shown: "the system's")
        .means("File of CA certificates (PEM) to trust for Tiki in place of the system's.")
    let allowInsecureUpstream = Setting("ALLOW_INSECURE_UPSTREAM", .flag, default: false)
        .means("1 allows plain http to hosts other than this one.")
    let requestTimeout = Setting("REQUEST_TIMEOUT", .seconds(0.1...300), default: Default.requestTimeout)
        .means("Seconds for a whole request. Keep it below nginx's fastcgi_read_timeout (15 s).")
    let lateAnswerTimeout = Setting("LATE_ANSWER_TIMEOUT", .seconds(0...300), default: Default.lateAnswerTimeout)
        .means("Seconds from sending for which Tiki's answer still counts, though the app has got 504.")
    let replayWindow = Setting("REPLAY_WINDOW", .seconds(0...300), default: Default.replayWindow)
        .means(
            "Seconds for which the same code or refresh token gets the same answer again; 0 sends it to Tiki each time."
        )
    let replayMaxEntries = Setting("REPLAY_MAX_ENTRIES", .integer(1...1_000_000), default: Default.replayMaxEntries)
        .means(
            "The latest logins that REPLAY_WINDOW keeps, in 32 MiB; as many refusals and calls in doubt, in 4 MiB each."
        )
    let verifyWindow = Setting("VERIFY_WINDOW", .seconds(0...30), default: Default.verifyWindow)
        .means(
            "Seconds for which `/auth_verify` keeps Tiki's good answer about an access token; 0 asks Tiki each time."
        )
    let sharedStore = Setting("SHARED_STORE", .storeURL)
        .means("URL of the Redis or Valkey that several instances share. Not set: each is by itself.")
    let sharedStoreUser = Setting("SHARED_STORE_USER", .text)
        .means("The user's name there, if it is not the default user.")
    let sharedStorePasswordFile = Setting("SHARED_STORE_PASSWORD_FILE", .passwordFile)
        .means("A file that holds the password; one newline at its end is not part of it.")
    let sharedStoreCAFile = Setting("SHARED_STORE_CA_FILE", .certificates, shown: "the system's")
        .means("File of CA certificates (PEM) to trust for a `rediss:` URL in place of the system's.")
    let sharedStoreTimeout = Setting("SHARED_STORE_TIMEOUT", .seconds(0.05...5), default: storeTimeout)
        .means("Seconds for an answer of the store. The default is half of REQUEST_TIMEOUT if that is less.")
    let sharedStoreRequired = Setting("SHARED_STORE_REQUIRED", .flag, default: false)
        .means("1: while the store is down or has lost its memory, logins fail rather than risk a second call.")
    let allowInsecureStore = Setting("ALLOW_INSECURE_STORE", .flag, default: false)
        .means("1 allows sending the store's password in clear text to another machine.")
    let connectTimeout = Setting("CONNECT_TIMEOUT", .seconds(0.1...60), default: calls.connectTimeout)
        .means("Seconds to connect to Tiki: name, TCP, TLS. The default is half of REQUEST_TIMEOUT if that is less.")
    let maxConnections = Setting("UPSTREAM_MAX_CONNECTIONS", .integer(1...65_536), default: calls.maxConnections)
        .means("Connections to Tiki; each carries one call at a time, further calls wait.")
    let warmConnections = Setting("UPSTREAM_WARM_CONNECTIONS", .integer(0...1_024), default: calls.warmConnections)
        .means("Connections to Tiki that are opened at start and kept ready; 0 for none.")
    let maxBodyBytes = Setting("MAX_BODY_BYTES", .integer(1...524_288), default: 16_384)
        .means("Bytes of a request's body; nginx has its own limit of 16 KiB.")
    let maxResponseBytes = Setting("MAX_RESPONSE_BYTES", .integer(1_024...maxBody), default: calls.maxAnswerBytes)
        .means("Bytes of an answer from Tiki.")
    let listenSocket = Setting("LISTEN_SOCKET", .socketPath, default: "/run/tiniapp-auth-backend/fastcgi.sock")
        .means("Unix socket for nginx. Not used if systemd passes one (LISTEN_FDS); `make run` has one of its own.")
    let arrivalTimeout = Setting("ARRIVAL_TIMEOUT", .seconds(0.1...300), default: TimeAmount(limits.arrivalTimeout))
        .means("Seconds for a request to arrive complete from nginx.")
    let maxPending = Setting("MAX_PENDING_CONNECTIONS", .integer(1...65_536), default: limits.maxPendingConnections)
        .means("Connections whose request is not complete; one more closes the oldest.")
    let maxParamsBytes = Setting("MAX_PARAMS_BYTES", .integer(1_024...262_144), default: limits.maxParamsBytes)
        .means("Bytes of a request's FastCGI params.")
    let maxInFlight = Setting("MAX_IN_FLIGHT", .integer(1...65_536), default: limits.maxInFlight)
        .means("Requests that wait for their answer; one more gets 503 `overloaded`.")
    let shutdownGrace = Setting("SHUTDOWN_GRACE", .seconds(0...300), default: .seconds(8))
        .means("Seconds in which a shutdown finishes what is in flight.")
    let logLevel = Setting<Logger.Level>("LOG_LEVEL", .word, default: .info)
        .means("The lowest level that is logged.")
    let logFormat = Setting<LogFormat>("LOG_FORMAT", .word, default: .auto)
        .means("`json`: an object a line; `text`: for people; `auto`: `text` at a terminal, `json` elsewhere.")
    let googleCloudProject = Setting("GOOGLE_CLOUD_PROJECT", .text)
        .means("On Google Cloud: the project whose traces the log lines belong to.")
    let validationCode = Setting("TIKI_VALIDATION_CODE", .validationID)
        .means(
            "The name in the address at which Tini Console looks for `auth.txt`: /tiki-validation-code/NAME/auth.txt."
        )
    let validationText = Setting("TIKI_VALIDATION_TEXT", .validationText)
        .means("The content of that file.")
    let validationFolder = Setting("TIKI_VALIDATION_FOLDER", .folder)
        .means("A folder of such files, each as NAME/auth.txt. The unit on a VM sets it.")
    /// Only checked here. nginx reads it and decides by it.
    let allowedOrigins = Setting<[String]>("ALLOWED_ORIGINS", .origins, default: [])
        .means(
            "Web pages that may call, such as https://tiki.vn. Not on a VM: nginx/allowed-origins.conf has them there."
        )
}
