/// The app's key and secret, as Tiki's developer console shows them. Prints without the secret.
package struct ClientCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    /// The client key: sent with every call, not secret.
    package let key: String
    /// The client secret: it signs, and the keys for the shared store are derived from it. It never leaves the process.
    let secret: String

    package init(key: String, secret: String) {
        self.key = key
        self.secret = secret
    }

    package var description: String { "ClientCredentials(key: \(key))" }
    package var customMirror: Mirror { Mirror(self, children: ["key": key]) }
}
