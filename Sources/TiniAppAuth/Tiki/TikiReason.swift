import Upstream

/// The reasons in Tiki's answers that we act on, each with advice.
///
/// Source: Tiki's page "Error codes".
package enum TikiReason: String, CaseIterable, Sendable {
    case invalidCode = "invalid_code"
    case invalidToken = "invalid_token"
    case invalidSignature = "invalid_signature"

    /// Advice for an operator at a terminal.
    ///
    /// - Parameter url: where the call went.
    package func advice(after url: UpstreamURL) -> String {
        switch self {
        case .invalidCode:
            "The code is unknown, expired, or used: each works once. Get another with my.getAuthCode."
        case .invalidToken:
            "The token is unknown, expired, replaced by a newer one, or of the other kind. Let the user log in again."
        case .invalidSignature:
            """
            Tiki does not accept our signature. \(Self.pair(for: url)) Is the clock right? \
            Try: tiniapp-auth-backend check --upstream
            """
        }
    }

    private static func pair(for url: UpstreamURL) -> String {
        guard let environment = TikiEnvironment(url) else {
            return """
                Do CLIENT_KEY and CLIENT_SECRET belong together, and to AUTH_ENDPOINT? Tiki's Production and Sandbox have a \
                pair each.
                """
        }
        return """
            The endpoint is that of Tiki's \(environment.rawValue): do CLIENT_KEY and CLIENT_SECRET belong together, and \
            are they \(environment.credentials)? The pair for \(environment.other.rawValue) works only with \
            \(environment.other.baseURL).
            """
    }
}
