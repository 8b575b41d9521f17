import FastCGI
import TiniAppAuth

/// The verdict on a request's access token, for nginx's `auth_request`, which knows 2xx, 401 and 403, and treats
/// everything else as a failure.
enum TokenVerdict {
    case owner(TokenOwner)
    case refused(AuthError)

    init(_ outcome: AuthOutcome) {
        switch outcome.result {
        case .failure(let error) where error.challenge != nil: self = .refused(error)
        case _ where outcome.isRefusal: self = .refused(.invalidAccessToken)
        case .success, .failure: self = outcome.owner.map(Self.owner) ?? .refused(.verificationUnavailable)
        }
    }

    var error: AuthError? {
        if case .refused(let error) = self { error } else { nil }
    }
}

extension FastCGIResponse {
    init(_ verdict: TokenVerdict, _ requestID: RequestID) {
        switch verdict {
        case .owner(let owner):
            self.init(
                status: 204,
                requestID,
                extra: [
                    ("X-Tiki-Customer-Id", owner.customerID), ("X-Tiki-Scopes", owner.scopes),
                ]
            )
        case .refused(let error): self.init(error, requestID)
        }
    }
}
