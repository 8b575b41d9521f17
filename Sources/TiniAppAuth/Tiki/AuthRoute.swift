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

/// A value for each of the three calls.
package struct PerRoute<Value> {
    package var exchange: Value
    package var refresh: Value
    package var info: Value

    package init(exchange: Value, refresh: Value, info: Value) {
        self.exchange = exchange
        self.refresh = refresh
        self.info = info
    }

    /// - Parameter make: makes the value for one of them.
    package init(_ make: (AuthRoute) -> Value) {
        self.init(exchange: make(.exchange), refresh: make(.refresh), info: make(.info))
    }

    package subscript(route: AuthRoute) -> Value {
        switch route {
        case .exchange: exchange
        case .refresh: refresh
        case .info: info
        }
    }
}

extension PerRoute: Sendable where Value: Sendable {}
