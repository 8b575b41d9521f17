import FastCGI
import TiniAppAuth

extension FastCGIResponse {
    /// An error of our own: the one place where one becomes a response.
    ///
    /// - Parameter age: seconds since it was first told, if it is told again.
    init(_ error: AuthError, _ requestID: RequestID, age: Int? = nil) {
        var extra: [(name: String, value: String)] = []
        if case .methodNotAllowed(let allowed) = error { extra.append(("Allow", allowed)) }
        if let challenge = error.challenge { extra.append(("WWW-Authenticate", challenge)) }
        if let time = error.retryAfter { extra.append(("Retry-After", time)) }
        if let age { extra.append(("Age", String(age))) }
        let body = ErrorEnvelope.json(for: error, requestID: requestID.text)
        self.init(status: error.status, type: "application/json", body: body, requestID, extra: extra)
    }
}
