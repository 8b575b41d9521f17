/// The three Tiki API calls that the sandbox imitates ("Exchange auth code" in Tiki's documentation).
enum TikiCall: String, CaseIterable, Sendable {
    case exchange = "/oauth/auth/token"
    case refresh = "/oauth/auth/token/refresh"
    case info = "/oauth/me"

    /// The prefix of every path of the API, as in `https://api.tiki.vn/tiniapp-open-api`.
    static let basePath = "/tiniapp-open-api"

    /// The call for a request's path, or nil for any other path.
    init?(requestPath: String) {
        guard requestPath.hasPrefix(Self.basePath) else { return nil }
        self.init(rawValue: String(requestPath.dropFirst(Self.basePath.count)))
    }

    /// The failure of a call whose code or token is not accepted, or whose body cannot be read.
    ///
    /// Tiki documents the reasons and, for a code, the message. It does not show the HTTP status; the sandbox uses the
    /// one in `code`.
    func refusal(_ message: String) -> TikiError {
        switch self {
        case .exchange: TikiError(code: 400, reason: "invalid_code", message: message)
        case .refresh, .info: TikiError(code: 400, reason: "invalid_token", message: message)
        }
    }

    /// The refusal of a credential that is unknown, spent, expired or revoked: Tiki does not say which.
    var credentialRefused: TikiError {
        switch self {
        case .exchange: self.refusal("invalid auth code")
        case .refresh: self.refusal("invalid refresh token")
        case .info: self.refusal("invalid access token")
        }
    }
}
