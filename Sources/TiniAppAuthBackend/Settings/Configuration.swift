import FastCGI
import Logging
import NIOCore
import TiniAppAuth

/// All settings, validated. ``Settings`` has their names, ranges and defaults.
struct Configuration: Sendable {
    var service: AuthService.Configuration
    var limits: FastCGILimits
    var listenSocket: String
    var shutdownGrace: Duration
    var logLevel: Logger.Level
    var logFormat: LogFormat
    var googleCloudProject: String?
    var validation: DomainValidation

    /// Reads and checks every setting.
    ///
    /// - Throws: ``ConfigurationError`` with all problems there are.
    init(environment: Environment) throws(ConfigurationError) {
        var reader = SettingsReader(environment)
        let credentials = reader.credentials()
        let endpoints = reader.endpoints()
        let caFile = reader.value(\.upstreamCAFile)
        let maxConnections = reader.value(\.maxConnections)
        let warmConnections = reader.value(\.warmConnections)
        let maxAnswerBytes = reader.value(\.maxResponseBytes)
        let requestTimeout = reader.value(\.requestTimeout)
        let connectTimeout = reader.part(\.connectTimeout, of: requestTimeout)
        let lateAnswerTimeout = reader.value(\.lateAnswerTimeout)
        let replayWindow = reader.value(\.replayWindow)
        let replayMaxEntries = reader.value(\.replayMaxEntries)
        let verifyWindow = reader.value(\.verifyWindow)

        limits = FastCGILimits()
        limits.arrivalTimeout = Duration(reader.value(\.arrivalTimeout))
        limits.maxPendingConnections = reader.value(\.maxPending)
        limits.maxParamsBytes = reader.value(\.maxParamsBytes)
        limits.maxInFlight = reader.value(\.maxInFlight)
        limits.maxStdinBytes = reader.value(\.maxBodyBytes)
        listenSocket = reader.value(\.listenSocket)
        shutdownGrace = Duration(reader.value(\.shutdownGrace))
        logLevel = reader.value(\.logLevel)
        logFormat = reader.value(\.logFormat)
        googleCloudProject = reader.value(\.googleCloudProject)
        let sharedStore = reader.sharedStore(requestTimeout: requestTimeout)
        validation = reader.domainValidation()
        // For nginx, but a mistake is reported here.
        _ = reader.value(\.allowedOrigins)

        guard let credentials, let endpoints, reader.problems.isEmpty else {
            throw ConfigurationError(problems: reader.problems)
        }
        service = AuthService.Configuration(credentials: credentials, endpoints: endpoints)
        service.upstream.caFile = caFile
        service.upstream.maxConnections = maxConnections
        service.upstream.warmConnections = warmConnections
        service.upstream.maxAnswerBytes = maxAnswerBytes
        service.upstream.connectTimeout = connectTimeout
        service.requestTimeout = requestTimeout
        service.lateAnswerTimeout = lateAnswerTimeout
        service.replayWindow = replayWindow
        service.replayMaxEntries = replayMaxEntries
        service.verifyWindow = verifyWindow
        service.sharedStore = sharedStore
    }
}

extension SettingsReader {
    fileprivate mutating func credentials() -> ClientCredentials? {
        if !isSet(\.clientKey) { report(\.clientKey, "is not set") }
        let key = value(\.clientKey)
        let secret = secret()
        guard let key, let secret else { return nil }
        return ClientCredentials(key: key, secret: secret)
    }

    private mutating func secret() -> String? {
        switch (isSet(\.clientSecret), isSet(\.clientSecretFile)) {
        case (true, true): report(\.clientSecret, "and CLIENT_SECRET_FILE are both set; keep one")
        case (false, false): report(\.clientSecret, "is not set, nor is CLIENT_SECRET_FILE")
        case (true, false): return value(\.clientSecret)
        case (false, true): return value(\.clientSecretFile)
        }
        return nil
    }

    fileprivate mutating func endpoints() -> AuthEndpoints? {
        let allowInsecure = value(\.allowInsecureUpstream)
        if !isSet(\.authEndpoint) { report(\.authEndpoint, "is not set") }
        let exchange = url(\.authEndpoint, allowInsecure: allowInsecure)
        let derived = exchange.flatMap(AuthEndpoints.derived)
        for setting in [\Settings.refreshEndpoint, \.infoEndpoint]
        where exchange != nil && derived == nil && !isSet(setting) {
            report(setting, "is not set, and does not follow from AUTH_ENDPOINT, which does not end in /auth/token")
        }
        let refresh =
            isSet(\.refreshEndpoint) ? url(\.refreshEndpoint, allowInsecure: allowInsecure) : derived?.refresh
        let info = isSet(\.infoEndpoint) ? url(\.infoEndpoint, allowInsecure: allowInsecure) : derived?.info
        guard let exchange, let refresh, let info else { return nil }
        return AuthEndpoints(exchange: exchange, refresh: refresh, info: info)
    }

    fileprivate mutating func domainValidation() -> DomainValidation {
        var validation = DomainValidation(folder: value(\.validationFolder))
        let (id, text) = (value(\.validationCode), value(\.validationText))
        if let id, let text {
            validation.given = DomainValidation.File(id: id, text: text)
        } else if isSet(\.validationCode) != isSet(\.validationText) {
            report(\.validationCode, "and TIKI_VALIDATION_TEXT go together; one of them is not set")
        }
        return validation
    }
}

extension ClientCredentials {
    /// Reads only key and secret.
    ///
    /// - Throws: ``ConfigurationError`` with all problems there are.
    init(environment: Environment) throws(ConfigurationError) {
        var reader = SettingsReader(environment)
        guard let credentials = reader.credentials() else { throw ConfigurationError(problems: reader.problems) }
        self = credentials
    }
}

/// All problems with the settings.
struct ConfigurationError: Error, CustomStringConvertible {
    /// The exit code by convention for a configuration error (`EX_CONFIG` in sysexits.h).
    static let exitCode: Int32 = 78

    /// One line each.
    let problems: [String]

    var description: String {
        let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
        return (["The configuration has \(count):"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
