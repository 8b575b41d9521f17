import ArgumentParser
import FastCGI
import FoundationEssentials
import Logging
import NIOCore
import TiniAppAuth
import Transport
import Upstream

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
        let caFile = reader.caFile(Settings.upstreamCAFile)
        let maxConnections = reader.value(Settings.upstreamMaxConnections)
        let warmConnections = reader.value(Settings.upstreamWarmConnections)
        let maxAnswerBytes = reader.value(Settings.maxResponseBytes)
        let requestTimeout = reader.value(Settings.requestTimeout)
        let connectTimeout = reader.connectTimeout(requestTimeout: requestTimeout)
        let lateAnswerTimeout = reader.value(Settings.lateAnswerTimeout)
        let replayWindow = reader.value(Settings.replayWindow)
        let replayMaxEntries = reader.value(Settings.replayMaxEntries)
        let verifyWindow = reader.value(Settings.verifyWindow)

        limits = FastCGILimits()
        limits.arrivalTimeout = reader.value(Settings.arrivalTimeout)
        limits.maxPendingConnections = reader.value(Settings.maxPendingConnections)
        limits.maxParamsBytes = reader.value(Settings.maxParamsBytes)
        limits.maxInFlight = reader.value(Settings.maxInFlight)
        limits.maxStdinBytes = reader.value(Settings.maxBodyBytes)
        listenSocket = reader.listenSocket()
        shutdownGrace = reader.value(Settings.shutdownGrace)
        logLevel = reader.value(Settings.logLevel)
        logFormat = reader.value(Settings.logFormat)
        googleCloudProject = reader.value(Settings.googleCloudProject)
        let sharedStore = reader.sharedStore(requestTimeout: requestTimeout)
        validation = reader.domainValidation()
        // For nginx, but a mistake is reported here.
        _ = reader.value(Settings.allowedOrigins)

        guard let credentials, let endpoints, reader.problems.isEmpty else {
            throw ConfigurationError(problems: reader.problems)
        }
        service = AuthService.Configuration(credentials: credentials, endpoints: endpoints)
        service.upstream.caFile = caFile
        service.upstream.maxConnections = maxConnections
        service.upstream.warmConnections = warmConnections
        service.upstream.maxAnswerBytes = maxAnswerBytes
        service.upstream.connectTimeout = TimeAmount(connectTimeout)
        service.requestTimeout = TimeAmount(requestTimeout)
        service.lateAnswerTimeout = TimeAmount(lateAnswerTimeout)
        service.replayWindow = TimeAmount(replayWindow)
        service.replayMaxEntries = replayMaxEntries
        service.verifyWindow = TimeAmount(verifyWindow)
        service.sharedStore = sharedStore
    }
}

extension SettingsReader {
    fileprivate mutating func credentials() -> ClientCredentials? {
        if !isSet(Settings.clientKey) { report(Settings.clientKey, "is not set") }
        let key = value(Settings.clientKey)
        let secret = secret()
        guard let key, let secret else { return nil }
        return ClientCredentials(key: key, secret: secret)
    }

    private mutating func secret() -> String? {
        switch (isSet(Settings.clientSecret), isSet(Settings.clientSecretFile)) {
        case (true, true):
            report(Settings.clientSecret, "and CLIENT_SECRET_FILE are both set; keep one")
            return nil
        case (false, false):
            report(Settings.clientSecret, "is not set, nor is CLIENT_SECRET_FILE")
            return nil
        case (true, false):
            return value(Settings.clientSecret)
        case (false, true):
            guard let path = value(Settings.clientSecretFile) else { return nil }
            guard let secret = content(ofFile: path) else {
                report(Settings.clientSecretFile, "names a file that cannot be read")
                return nil
            }
            if let problem = Self.problem(inText: secret) {
                report(Settings.clientSecretFile, "names a file whose content \(problem)")
                return nil
            }
            return secret
        }
    }

    /// A file's text without the byte order mark in front of it and the newline at its end, which editors add; nil if it
    /// cannot be read.
    func content(ofFile path: String) -> String? {
        guard let content = FileManager.default.contents(atPath: path) else { return nil }
        var text = String(decoding: content, as: UTF8.self)
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        if text.utf8.last == UInt8(ascii: "\n") { text.unicodeScalars.removeLast() }
        return text
    }

    fileprivate mutating func endpoints() -> AuthEndpoints? {
        let allowInsecure = value(Settings.allowInsecureUpstream)
        if !isSet(Settings.authEndpoint) { report(Settings.authEndpoint, "is not set") }
        let exchange = url(Settings.authEndpoint, allowInsecure: allowInsecure)
        let derived = exchange.flatMap(AuthEndpoints.derived)
        for setting in [Settings.refreshEndpoint, Settings.infoEndpoint]
        where exchange != nil && derived == nil && !isSet(setting) {
            report(setting, "is not set, and does not follow from AUTH_ENDPOINT, which does not end in /auth/token")
        }
        let refresh =
            isSet(Settings.refreshEndpoint)
            ? url(Settings.refreshEndpoint, allowInsecure: allowInsecure) : derived?.refresh
        let info =
            isSet(Settings.infoEndpoint)
            ? url(Settings.infoEndpoint, allowInsecure: allowInsecure) : derived?.info
        guard let exchange, let refresh, let info else { return nil }
        return AuthEndpoints(exchange: exchange, refresh: refresh, info: info)
    }

    /// A path. A text like a TCP address is a problem: it would become a file of that name.
    fileprivate mutating func listenSocket() -> String {
        let path = value(Settings.listenSocket)
        // Without a regular expression: to set its engine up would take a twentieth of the start.
        let port = path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).dropFirst().last
        if let port, !port.isEmpty, port.allSatisfy(\.isASCIIDigit), !path.utf8.contains(UInt8(ascii: "/")) {
            report(Settings.listenSocket, "looks like a TCP address; only unix sockets are served")
        }
        return path
    }

    fileprivate mutating func domainValidation() -> DomainValidation {
        var validation = DomainValidation(folder: value(Settings.validationFolder))
        let (id, text) = (value(Settings.validationCode), value(Settings.validationText))
        if let id, !DomainValidation.isID(id) {
            report(Settings.validationCode, "is not 1 to 128 letters, digits, hyphens and underscores")
        } else if let id, let text {
            validation.given = DomainValidation.File(id: id, text: text)
        } else if isSet(Settings.validationCode) != isSet(Settings.validationText),
            !hasProblem(Settings.validationCode),
            !hasProblem(Settings.validationText)
        {
            report(Settings.validationCode, "and TIKI_VALIDATION_TEXT go together; one of them is not set")
        }
        return validation
    }

    /// A file of trusted certificates that has been tried.
    mutating func caFile(_ setting: Setting<String?>) -> String? {
        guard let path = value(setting) else { return nil }
        do throws(TrustError) {
            try TrustedCertificates.check(caFile: path)
            return path
        } catch {
            report(setting, "names a file that \(error.problem)")
            return nil
        }
    }

    /// Less than a request's time, so that a connection that cannot be opened is reported as such, and not as an answer
    /// that did not come.
    fileprivate mutating func connectTimeout(requestTimeout: Duration) -> Duration {
        let timeout = value(Settings.connectTimeout)
        guard isSet(Settings.connectTimeout) else { return min(timeout, requestTimeout / 2) }
        if timeout >= requestTimeout, !hasProblem(Settings.connectTimeout), !hasProblem(Settings.requestTimeout) {
            report(Settings.connectTimeout, "is not less than REQUEST_TIMEOUT")
        }
        return timeout
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
