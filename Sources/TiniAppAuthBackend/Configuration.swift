import ArgumentParser
import FastCGI
import FoundationEssentials
import Logging
import NIOCore
import NIOSSL
import TiniAppAuth

/// All settings, validated. What they are called and default to stands in ``Setting``.
struct Configuration: Sendable {
    var service: AuthService.Configuration
    var limits: FastCGILimits
    var listenSocket: String
    var shutdownGrace: Duration
    var logLevel: Logger.Level
    var googleCloudProject: String?

    /// Reads and checks every setting.
    ///
    /// - Throws: ``ConfigurationError`` with all problems there are.
    init(environment: [String: String]) throws(ConfigurationError) {
        var reader = SettingsReader(environment)
        let credentials = reader.credentials()
        let endpoints = reader.endpoints()
        var upstream = UpstreamClient.Configuration()
        upstream.caFile = reader.certificateFile(.upstreamCAFile)
        upstream.maxConnections = reader.integer(.upstreamMaxConnections, in: 1...65_536)
        upstream.warmConnections = reader.integer(.upstreamWarmConnections, in: 0...1_024)
        upstream.maxAnswerBytes = reader.integer(.maxResponseBytes, in: 1_024...Self.largestAnswer)
        let requestTimeout = reader.seconds(.requestTimeout, in: 0.1...300)
        upstream.connectTimeout = TimeAmount(reader.connectTimeout(requestTimeout: requestTimeout))
        let maxBodyBytes = reader.integer(.maxBodyBytes, in: 1...524_288)

        limits = FastCGILimits()
        limits.arrivalTimeout = reader.seconds(.arrivalTimeout, in: 0.1...300)
        limits.maxPendingConnections = reader.integer(.maxPendingConnections, in: 1...65_536)
        limits.maxParamsBytes = reader.integer(.maxParamsBytes, in: 1_024...262_144)
        limits.maxInFlight = reader.integer(.maxInFlight, in: 1...65_536)
        // A body somewhat over the service's limit still gets in, so that it gets a readable answer.
        limits.maxStdinBytes = maxBodyBytes + 65_536
        listenSocket = reader.text(.listenSocket) ?? Setting.listenSocket.defaultValue ?? ""
        shutdownGrace = reader.seconds(.shutdownGrace, in: 0...300)
        logLevel = reader.level(.logLevel)
        googleCloudProject = reader.text(.googleCloudProject)

        guard let credentials, let endpoints, reader.problems.isEmpty else {
            throw ConfigurationError(problems: reader.problems)
        }
        service = AuthService.Configuration(credentials: credentials, endpoints: endpoints)
        service.upstream = upstream
        service.requestTimeout = TimeAmount(requestTimeout)
        service.maxBodyBytes = maxBodyBytes
    }

    /// With some room for the head of the response.
    private static let largestAnswer = FastCGIResponse.maxBytes - 8_192
}

extension SettingsReader {
    fileprivate mutating func credentials() -> ClientCredentials? {
        if !isSet(.clientKey) { report(.clientKey, "is not set") }
        let key = text(.clientKey)
        let secret = secret()
        guard let key, let secret else { return nil }
        return ClientCredentials(key: key, secret: secret)
    }

    private mutating func secret() -> String? {
        switch (isSet(.clientSecret), isSet(.clientSecretFile)) {
        case (true, true):
            report(.clientSecret, "and CLIENT_SECRET_FILE are both set; keep one")
            return nil
        case (false, false):
            report(.clientSecret, "is not set, nor is CLIENT_SECRET_FILE")
            return nil
        case (true, false):
            return text(.clientSecret)
        case (false, true):
            guard let path = text(.clientSecretFile) else { return nil }
            guard let content = FileManager.default.contents(atPath: path) else {
                report(.clientSecretFile, "names a file that cannot be read")
                return nil
            }
            var secret = String(decoding: content, as: UTF8.self)
            if secret.utf8.last == UInt8(ascii: "\n") { secret.unicodeScalars.removeLast() }
            if let problem = Self.problem(inText: secret) {
                report(.clientSecretFile, "names a file whose content \(problem)")
                return nil
            }
            return secret
        }
    }

    fileprivate mutating func endpoints() -> AuthEndpoints? {
        let allowInsecure = flag(.allowInsecureUpstream)
        if !isSet(.authEndpoint) { report(.authEndpoint, "is not set") }
        let exchange = url(.authEndpoint, allowInsecure: allowInsecure)
        let derived = exchange.flatMap(AuthEndpoints.derived)
        for setting in [Setting.refreshEndpoint, .infoEndpoint]
        where exchange != nil && derived == nil && !isSet(setting) {
            report(setting, "is not set, and does not follow from AUTH_ENDPOINT, which does not end in /auth/token")
        }
        let refresh = isSet(.refreshEndpoint) ? url(.refreshEndpoint, allowInsecure: allowInsecure) : derived?.refresh
        let info = isSet(.infoEndpoint) ? url(.infoEndpoint, allowInsecure: allowInsecure) : derived?.info
        guard let exchange, let refresh, let info else { return nil }
        return AuthEndpoints(exchange: exchange, refresh: refresh, info: info)
    }

    fileprivate mutating func certificateFile(_ setting: Setting) -> String? {
        guard let path = text(setting) else { return nil }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            report(setting, "names a file that holds no certificates in PEM")
            return nil
        }
        return path
    }

    /// Less than a request's time, so that a connection that cannot be opened is reported as such, and not as an answer
    /// that did not come.
    fileprivate mutating func connectTimeout(requestTimeout: Duration) -> Duration {
        let timeout = seconds(.connectTimeout, in: 0.1...60)
        guard isSet(.connectTimeout) else { return min(timeout, requestTimeout / 2) }
        if timeout >= requestTimeout, !hasProblem(.connectTimeout), !hasProblem(.requestTimeout) {
            report(.connectTimeout, "is not less than REQUEST_TIMEOUT")
        }
        return timeout
    }

    fileprivate mutating func level(_ setting: Setting) -> Logger.Level {
        guard let text = text(setting) else { return .info }
        if let level = Logger.Level(rawValue: text.lowercased()) { return level }
        report(setting, "is none of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        return .info
    }
}

extension ClientCredentials {
    /// Reads key and secret alone.
    ///
    /// - Throws: ``ConfigurationError`` with all problems there are.
    init(environment: [String: String]) throws(ConfigurationError) {
        var reader = SettingsReader(environment)
        guard let credentials = reader.credentials() else { throw ConfigurationError(problems: reader.problems) }
        self = credentials
    }
}
