@testable import TiniAppAuthBackend

/// Environments to read settings from.
enum SettingsFixture {
    static let secret = "S3CR3T-VALUE"

    /// The required settings and no others.
    static let valid = [
        "CLIENT_KEY": "the-key", "CLIENT_SECRET": secret,
        "AUTH_ENDPOINT": "https://api.tiki.vn/tiniapp-open-api/oauth/auth/token",
    ]

    /// The valid environment with changes; nil removes a setting.
    static func environment(_ changes: [String: String?] = [:]) -> Environment {
        Environment(
            valid.merging(changes.compactMapValues(\.self)) { _, new in new }.filter { changes[$0.key] != .some(nil) }
        )
    }

    static func configuration(_ changes: [String: String?] = [:]) throws -> Configuration {
        try Configuration(environment: environment(changes))
    }

    /// The problems of the valid environment after changes.
    static func problems(_ changes: [String: String?]) -> [String] {
        do {
            _ = try Configuration(environment: environment(changes))
            return []
        } catch {
            return error.problems
        }
    }
}
