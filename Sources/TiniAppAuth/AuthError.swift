import Text

/// Every error that this backend returns itself. One table gives each its status, reason and message.
package enum AuthError: Error, Equatable, Sendable {
    /// The body is not the JSON object that the call needs.
    case payload(JSONPayload.Problem)
    /// The body is not as long as announced.
    case invalidContentLength
    /// There is a body but no length for it.
    case lengthRequired
    /// The web server does not pass a param that every request needs; its name.
    case missingParam(String)
    /// The body is not declared as JSON.
    case unsupportedMediaType
    /// The body is encoded, as with gzip.
    case encodedBody
    /// The body is longer than the limit, in bytes.
    case payloadTooLarge(limit: Int)
    /// The path does not exist.
    case notFound
    /// The path exists, but not for this method.
    case methodNotAllowed(allowed: String)
    /// No connection to Tiki: name, connection or TLS.
    case upstreamUnreachable
    /// Tiki's answer is not one complete JSON answer within the limits.
    case upstreamInvalidResponse
    /// Tiki did not answer in time.
    case upstreamTimeout
    /// Tiki answered 429, without an answer that can be relayed.
    case upstreamTooManyRequests(retryAfter: String?)
    /// Tiki answered 503, without an answer that can be relayed.
    case upstreamUnavailable(retryAfter: String?)
    /// Another instance is making the same call, and did not finish in time.
    case inProgress
    /// The shared store cannot be asked, and nothing is sent without it.
    case storeUnavailable
    /// There is no access token in `Authorization`.
    case missingAccessToken
    /// `Authorization` does not have an access token that Tiki knows.
    case invalidAccessToken
    /// The owner of an access token cannot be found out now.
    case verificationUnavailable
    /// Too many requests are in flight.
    case overloaded
    /// The process is about to end.
    case shuttingDown

    /// The HTTP status, repeated in the envelope as `code`.
    package var status: Int { entry.status }

    /// The stable code by which a program tells the cases apart; also safe as a log field.
    package var reason: String { entry.reason }

    /// A sentence for the developer of the app. Never quotes what a client or Tiki sent; a key is named if it looks like
    /// one.
    package var message: String { entry.message }

    /// The value of `Retry-After` (RFC 9110 section 10.2.3); nil if the error has none.
    package var retryAfter: String? {
        switch self {
        case .upstreamTooManyRequests(let retryAfter), .upstreamUnavailable(let retryAfter): retryAfter ?? "1"
        case .inProgress, .storeUnavailable, .verificationUnavailable, .overloaded, .shuttingDown: "1"
        default: nil
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 section 3); nil if the error has none.
    package var challenge: String? {
        switch self {
        case .missingAccessToken: #"Bearer realm="Tiki""#
        case .invalidAccessToken: #"Bearer realm="Tiki", error="invalid_token""#
        default: nil
        }
    }

    private var entry: (status: Int, reason: String, message: String) {
        switch self {
        case .payload(.empty): (400, "no_payload", "No payload received")
        case .payload(.notJSON(let error)): (400, "invalid_json", "Invalid JSON: \(error)")
        case .payload(.notAnObject): (400, "invalid_payload", "Invalid payload data format")
        case .payload(.duplicateKey(let key?)): (400, "duplicate_key", "Duplicate key '\(key)'")
        case .payload(.duplicateKey(nil)): (400, "duplicate_key", "Duplicate key")
        case .payload(.missingKey(let key)): (400, "missing_key", "Missing key '\(key)'")
        case .payload(.invalidValue(let key)): (400, "invalid_value", "Key '\(key)' must be a non-empty string")
        case .invalidContentLength: (400, "invalid_content_length", "The body is not as long as Content-Length says")
        case .lengthRequired: (411, "length_required", "A Content-Length is required")
        case .missingParam(let name): (500, "missing_param", "The web server passes no \(name)")
        case .missingAccessToken: (401, "missing_access_token", "Authorization must be 'Bearer' and an access token")
        case .invalidAccessToken: (401, "invalid_access_token", "The access token is unknown, expired or replaced")
        case .notFound: (404, "not_found", "No such path")
        case .methodNotAllowed(let allowed): (405, "method_not_allowed", "Method not allowed; allowed: \(allowed)")
        case .payloadTooLarge(let limit): (413, "payload_too_large", "The body is larger than \(limit) bytes")
        case .encodedBody: (415, "unsupported_media_type", "The body must not have a Content-Encoding")
        case .unsupportedMediaType: (415, "unsupported_media_type", "Content-Type must be application/json")
        case .upstreamTooManyRequests: (429, "too_many_requests", "Tiki has too many requests; try again later")
        case .upstreamUnreachable: (502, "upstream_unreachable", "Tiki could not be reached")
        case .upstreamInvalidResponse: (502, "upstream_invalid_response", "Tiki's answer could not be understood")
        case .upstreamUnavailable: (503, "upstream_unavailable", "Tiki is not available; try again later")
        case .inProgress: (503, "in_progress", "Another server makes the same call; try again shortly")
        case .storeUnavailable: (503, "store_unavailable", "Nothing can be sent to Tiki for now; try again shortly")
        case .verificationUnavailable: (503, "verification_unavailable", "Tiki cannot be asked now whose token it is")
        case .overloaded: (503, "overloaded", "Too many requests at once; try again shortly")
        case .shuttingDown: (503, "shutting_down", "The server is shutting down; try again shortly")
        case .upstreamTimeout: (504, "upstream_timeout", "Tiki did not answer in time")
        }
    }
}
