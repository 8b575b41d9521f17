import FastCGI
import NIOHTTP1
import TiniAppAuth

extension FastCGIResponse {
    /// Every response is made here, with the header fields that all have in common.
    init(
        status: Int,
        _ requestID: RequestID,
        content: (type: String, bytes: [UInt8])? = nil,
        extra: [(name: String, value: String)] = []
    ) {
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(8)
        if let content {
            headers.append(("Content-Type", content.type))
            headers.append(("Content-Length", String(content.bytes.count)))
        }
        // No store and no cache: RFC 6749 section 5.1, for everything that may hold a token.
        headers.append(("Cache-Control", "no-store"))
        headers.append(("Pragma", "no-cache"))
        headers.append(("X-Request-Id", requestID.text))
        headers += extra
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        self.init(status: status, reasonPhrase: phrase, headers: headers, body: content?.bytes ?? [])
    }

    /// A response with our own content.
    init(type: String = "application/json", content: String, status: Int = 200, _ requestID: RequestID) {
        self.init(status: status, requestID, content: (type, Array(content.utf8)))
    }

    /// The outcome of a call: Tiki's answer as it came, or an error.
    init(_ outcome: AuthOutcome, _ requestID: RequestID) {
        switch outcome.result {
        case .success(let answer):
            var extra: [(name: String, value: String)] = []
            if let time = answer.retryAfter { extra.append(("Retry-After", time)) }
            // RFC 9111 section 5.1: `expires_in` counts from the moment of Tiki's answer.
            if let age = outcome.age { extra.append(("Age", String(age))) }
            self.init(status: answer.status, requestID, content: (answer.contentType, answer.body), extra: extra)
        case .failure(let error):
            self.init(error, requestID, age: outcome.age)
        }
    }
}

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
        self.init(status: error.status, requestID, content: ("application/json", body), extra: extra)
    }
}
