import NIOCore
import SharedStore

extension SettingsReader {
    /// - Returns: nil if there is no store, or after a problem.
    mutating func sharedStore(requestTimeout: Duration) -> SharedStore.Configuration? {
        let address = storeAddress()
        let user = value(Settings.sharedStoreUser)
        let password = storePassword()
        let caFile = caFile(Settings.sharedStoreCAFile)
        let timeout = storeTimeout(requestTimeout: requestTimeout)
        let isRequired = value(Settings.sharedStoreRequired)
        let allowInsecure = value(Settings.allowInsecureStore)

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
        if address.isClearText, password != nil, !allowInsecure {
            report(
                Settings.sharedStore,
                "sends a password to another machine in clear text; use rediss, or set ALLOW_INSECURE_STORE=1"
            )
        }
        var store = SharedStore.Configuration(address)
        store.user = user
        store.password = password.map { RedisPassword($0) }
        store.caFile = caFile
        store.timeout = TimeAmount(timeout)
        store.isRequired = isRequired
        return store
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
