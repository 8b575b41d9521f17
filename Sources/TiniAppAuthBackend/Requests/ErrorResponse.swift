import FastCGI
import TiniAppAuth

extension FastCGIResponse {
    /// An error of our own: the one place where one becomes a response.
    init(_ error: AuthError, _ requestID: RequestID) {
        var extra: [(name: String, value: String)] = []
        if case .methodNotAllowed(let allowed) = error { extra.append(("Allow", allowed)) }
        if let challenge = error.challenge { extra.append(("WWW-Authenticate", challenge)) }
        if let time = error.retryAfter { extra.append(("Retry-After", time)) }
        let body = ErrorEnvelope.json(for: error, requestID: requestID.text)
        self.init(status: error.status, type: "application/json", body: body, requestID, extra: extra)
    }
}
