import FastCGI
import TiniAppAuth

extension FastCGIResponse {
    /// An error of our own: the one place where one becomes a response.
    init(_ error: AuthError, _ requestID: RequestID) {
        var extra: (name: String, value: String)?
        if case .methodNotAllowed(let allowed) = error { extra = ("Allow", allowed) }
        // RFC 9110 section 10.2.3, in seconds.
        if error.status == 503 { extra = ("Retry-After", "1") }
        let body = ErrorEnvelope.json(for: error, requestID: requestID.text)
        self.init(status: error.status, type: "application/json", body: body, requestID, extra: extra)
    }
}
