import NIOCore
import SharedStore

extension SettingsReader {
    /// - Returns: nil if there is no store, or after a problem.
    mutating func sharedStore(requestTimeout: TimeAmount) -> SharedStore.Configuration? {
        let address = value(\.sharedStore)
        let user = value(\.sharedStoreUser)
        let password = value(\.sharedStorePasswordFile)
        let caFile = value(\.sharedStoreCAFile)
        let timeout = part(\.sharedStoreTimeout, of: requestTimeout)
        let isRequired = value(\.sharedStoreRequired)
        let allowInsecure = value(\.allowInsecureStore)

        guard isSet(\.sharedStore) else {
            for setting in [\Settings.sharedStoreUser, \.sharedStorePasswordFile, \.sharedStoreCAFile]
            where isSet(setting) {
                report(setting, "is set, but SHARED_STORE is not")
            }
            if isRequired { report(\.sharedStoreRequired, "is 1, but SHARED_STORE is not set") }
            return nil
        }
        if isSet(\.sharedStoreUser), !isSet(\.sharedStorePasswordFile) {
            report(\.sharedStoreUser, "is set, but SHARED_STORE_PASSWORD_FILE is not")
        }
        guard let address else { return nil }
        if isSet(\.sharedStoreCAFile), !address.usesTLS {
            report(\.sharedStoreCAFile, "is set, but SHARED_STORE does not begin with rediss://")
        }
        if address.isClearText, password != nil, !allowInsecure {
            report(
                \.sharedStore,
                "sends a password to another machine in clear text; use rediss, or set ALLOW_INSECURE_STORE=1"
            )
        }
        var store = SharedStore.Configuration(address)
        store.user = user
        store.password = password.map { RedisPassword($0) }
        store.caFile = caFile
        store.timeout = timeout
        store.isRequired = isRequired
        return store
    }
}
