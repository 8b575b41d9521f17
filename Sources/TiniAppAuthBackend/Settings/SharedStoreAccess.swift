import FoundationEssentials
import NIOCore
import Redis
import SharedStore
import Transport

/// The store that several instances share: where it is, how to get in, and how much depends on it.
struct SharedStoreAccess: Sendable {
    var redis: RedisClient.Configuration
    /// A file of trusted certificates (PEM) in place of the system's.
    var caFile: String?
    var isRequired: Bool

    /// - Parameter longestCall: the longest that a claim may live.
    func configuration(longestCall: TimeAmount) -> SharedStore.Configuration {
        // The same for all instances.
        var configuration = SharedStore.Configuration(redis: redis, markerKey: Array("tiniapp-auth:marker".utf8))
        configuration.isRequired = isRequired
        configuration.longestCall = longestCall
        return configuration
    }

    /// Reads the trusted certificates.
    ///
    /// - Returns: nil if the store does not use TLS.
    /// - Throws: `TrustError` if the file cannot be used, NIOSSL's error if the system's certificates cannot.
    func trust() throws -> TrustedCertificates? {
        guard redis.address.usesTLS else { return nil }
        return try TrustedCertificates(caFile: caFile, usesTLS: true)
    }
}

extension SettingsReader {
    /// - Returns: nil if there is no store, or after a problem.
    mutating func sharedStore(requestTimeout: Duration) -> SharedStoreAccess? {
        let address = storeAddress()
        let user = value(Settings.sharedStoreUser)
        let password = storePassword()
        let caFile = caFile(Settings.sharedStoreCAFile)
        let timeout = storeTimeout(requestTimeout: requestTimeout)
        let isRequired = value(Settings.sharedStoreRequired)

        guard isSet(Settings.sharedStore) else {
            reportWithoutStore(Settings.sharedStoreUser)
            reportWithoutStore(Settings.sharedStorePasswordFile)
            reportWithoutStore(Settings.sharedStoreCAFile)
            if isRequired { report(Settings.sharedStoreRequired, "is 1, but SHARED_STORE is not set") }
            return nil
        }
        if isSet(Settings.sharedStoreUser), !isSet(Settings.sharedStorePasswordFile),
            !hasProblem(Settings.sharedStoreUser)
        {
            report(Settings.sharedStoreUser, "is set, but SHARED_STORE_PASSWORD_FILE is not")
        }
        guard let address else { return nil }
        if isSet(Settings.sharedStoreCAFile), !address.usesTLS, !hasProblem(Settings.sharedStoreCAFile) {
            report(Settings.sharedStoreCAFile, "is set, but SHARED_STORE does not begin with rediss://")
        }
        var redis = RedisClient.Configuration(address)
        redis.user = user
        redis.password = password.map { RedisPassword($0) }
        redis.timeout = TimeAmount(timeout)
        redis.name = "the shared store"
        return SharedStoreAccess(redis: redis, caFile: caFile, isRequired: isRequired)
    }

    private mutating func storeAddress() -> RedisAddress? {
        guard let text = value(Settings.sharedStore) else { return nil }
        do throws(RedisAddress.Problem) {
            return try RedisAddress(text)
        } catch {
            report(Settings.sharedStore, error.rawValue)
            return nil
        }
    }

    private mutating func reportWithoutStore(_ setting: Setting<String?>) {
        if isSet(setting), !hasProblem(setting) { report(setting, "is set, but SHARED_STORE is not") }
    }

    /// Any text is a password, but for what is a mistake for certain.
    private mutating func storePassword() -> String? {
        let setting = Settings.sharedStorePasswordFile
        guard let path = value(setting) else { return nil }
        guard let text = content(ofFile: path) else {
            report(setting, "names a file that cannot be read")
            return nil
        }
        if text.isEmpty {
            report(setting, "names a file that is empty")
        } else if text.hasPrefix("<"), text.hasSuffix(">") {
            report(setting, "names a file whose content is still a placeholder")
        } else if text.utf8.contains(where: { $0 < 0x20 }) {
            report(setting, "names a file with more than one line, or with control characters")
        }
        return text
    }

    /// Less than a request's time, so that there is some left without the store.
    private mutating func storeTimeout(requestTimeout: Duration) -> Duration {
        let timeout = value(Settings.sharedStoreTimeout)
        guard isSet(Settings.sharedStoreTimeout) else { return min(timeout, requestTimeout / 2) }
        if timeout >= requestTimeout, !hasProblem(Settings.sharedStoreTimeout), !hasProblem(Settings.requestTimeout) {
            report(Settings.sharedStoreTimeout, "is not less than REQUEST_TIMEOUT")
        }
        return timeout
    }
}
