import TiniAppAuth

/// What to do after a call from the command line that did not succeed.
enum DirectCallHint {
    /// - Parameter reason: Tiki's word for it. Source: Tiki's page "Error codes".
    static func afterAnswer(_ reason: String?) -> String {
        switch reason {
        case "invalid_code":
            "The code is unknown, expired, or used: each works once. Get another with my.getAuthCode."
        case "invalid_token":
            "The token is unknown, expired, replaced by a newer one, or of the other kind. Let the user log in again."
        case "invalid_signature":
            """
            Tiki does not accept our signature. Do CLIENT_KEY and CLIENT_SECRET belong together, and to AUTH_ENDPOINT \
            (production and sandbox have a pair each)? Is the clock right? Try: tiniapp-auth-backend check --upstream
            """
        default: "What Tiki says is above. Is AUTH_ENDPOINT the right one? Try: tiniapp-auth-backend check --upstream"
        }
    }

    static func after(_ error: AuthError) -> String {
        switch error {
        case .upstreamUnreachable: "Nothing was sent. Try: tiniapp-auth-backend check --upstream"
        case .upstreamTimeout, .upstreamInvalidResponse:
            "It may have reached Tiki all the same, and is used up then: take a new code or token for the next try."
        default: "Nothing was sent."
        }
    }
}
