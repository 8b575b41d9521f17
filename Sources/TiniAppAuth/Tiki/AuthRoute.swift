/// One of the three calls that an app makes, and that go on to Tiki.
///
/// Source: Tiki's page "Exchange auth code".
package enum AuthRoute: String, CaseIterable, Sendable {
    /// Trades a one-time auth code for tokens.
    case exchange
    /// Trades a refresh token for a new pair.
    case refresh
    /// Asks for the owner of an access token.
    case info

    /// The path under which the app finds the call.
    package var path: String {
        switch self {
        case .exchange: "/auth_exchange"
        case .refresh: "/auth_refresh"
        case .info: "/auth_info"
        }
    }

    /// The key that the app's JSON object must hold, with a non-empty string.
    package var requiredKey: String {
        switch self {
        case .exchange: "code"
        case .refresh: "refresh_token"
        case .info: "access_token"
        }
    }

    /// Whether the call may be sent again after its bytes may have reached Tiki.
    ///
    /// By all signs, a code or refresh token that arrives twice makes the token server revoke what the first one gave; see
    /// docs/at-most-once.md.
    var isRepeatable: Bool { self == .info }

    /// Whether the call's outcome is kept for requests with the same token, since the call must not be made again.
    var isKept: Bool { !isRepeatable }
}
