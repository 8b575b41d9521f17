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
    /// The body has not arrived in time.
    case lateBody
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

    /// Every ``AuthError/reason`` there is.
    package enum Reason: String, CaseIterable, Sendable {
        case noPayload = "no_payload"
        case invalidJSON = "invalid_json"
        case invalidPayload = "invalid_payload"
        case duplicateKey = "duplicate_key"
        case missingKey = "missing_key"
        case invalidValue = "invalid_value"
        case invalidContentLength = "invalid_content_length"
        case requestTimeout = "request_timeout"
        case lengthRequired = "length_required"
        case missingParam = "missing_param"
        case missingAccessToken = "missing_access_token"
        case invalidAccessToken = "invalid_access_token"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case payloadTooLarge = "payload_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case tooManyRequests = "too_many_requests"
        case upstreamUnreachable = "upstream_unreachable"
        case upstreamInvalidResponse = "upstream_invalid_response"
        case upstreamUnavailable = "upstream_unavailable"
        case inProgress = "in_progress"
        case storeUnavailable = "store_unavailable"
        case verificationUnavailable = "verification_unavailable"
        case overloaded
        case shuttingDown = "shutting_down"
        case upstreamTimeout = "upstream_timeout"

        /// The HTTP status that goes with it.
        package var status: Int {
            switch self {
            case .noPayload, .invalidJSON, .invalidPayload, .duplicateKey, .missingKey, .invalidValue,
                .invalidContentLength:
                400
            case .missingAccessToken, .invalidAccessToken: 401
            case .notFound: 404
            case .methodNotAllowed: 405
            case .requestTimeout: 408
            case .lengthRequired: 411
            case .payloadTooLarge: 413
            case .unsupportedMediaType: 415
            case .tooManyRequests: 429
            case .missingParam: 500
            case .upstreamUnreachable, .upstreamInvalidResponse: 502
            case .upstreamUnavailable, .inProgress, .storeUnavailable, .verificationUnavailable, .overloaded,
                .shuttingDown:
                503
            case .upstreamTimeout: 504
            }
        }
    }

    /// The HTTP status, repeated in the envelope as `code`.
    package var status: Int { entry.reason.status }

    /// The stable code by which a program tells the cases apart; also safe as a log field.
    package var reason: String { entry.reason.rawValue }

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

    private var entry: (reason: Reason, message: String) {
        switch self {
        case .payload(.empty): (.noPayload, "No payload received")
        case .payload(.notJSON(let error)): (.invalidJSON, "Invalid JSON: \(error)")
        case .payload(.notAnObject): (.invalidPayload, "Invalid payload data format")
        case .payload(.duplicateKey(let key?)): (.duplicateKey, "Duplicate key '\(key)'")
        case .payload(.duplicateKey(nil)): (.duplicateKey, "Duplicate key")
        case .payload(.missingKey(let key)): (.missingKey, "Missing key '\(key)'")
        case .payload(.invalidValue(let key)): (.invalidValue, "Key '\(key)' must be a non-empty string")
        case .invalidContentLength: (.invalidContentLength, "The body is not as long as Content-Length says")
        case .lateBody: (.requestTimeout, "The body did not arrive in time")
        case .lengthRequired: (.lengthRequired, "A Content-Length is required")
        case .missingParam(let name): (.missingParam, "The web server passes no \(name)")
        case .missingAccessToken: (.missingAccessToken, "Send the header 'Authorization: Bearer' with an access token")
        case .invalidAccessToken: (.invalidAccessToken, "The access token is unknown, expired or replaced")
        case .notFound: (.notFound, "No such path")
        case .methodNotAllowed(let allowed): (.methodNotAllowed, "Method not allowed; allowed: \(allowed)")
        case .payloadTooLarge(let limit): (.payloadTooLarge, "The body is larger than \(limit) bytes")
        case .encodedBody: (.unsupportedMediaType, "The body must not have a Content-Encoding")
        case .unsupportedMediaType: (.unsupportedMediaType, "Content-Type must be application/json")
        case .upstreamTooManyRequests: (.tooManyRequests, "Tiki has too many requests; try again later")
        case .upstreamUnreachable: (.upstreamUnreachable, "Tiki could not be reached")
        case .upstreamInvalidResponse: (.upstreamInvalidResponse, "Tiki's answer could not be understood")
        case .upstreamUnavailable: (.upstreamUnavailable, "Tiki is not available; try again later")
        case .inProgress: (.inProgress, "Another instance is already making this call; try again shortly")
        case .storeUnavailable: (.storeUnavailable, "Nothing can be sent to Tiki for now; try again shortly")
        case .verificationUnavailable: (.verificationUnavailable, "The token cannot be checked now; try again shortly")
        case .overloaded: (.overloaded, "Too many requests at once; try again shortly")
        case .shuttingDown: (.shuttingDown, "The server is shutting down; try again shortly")
        case .upstreamTimeout: (.upstreamTimeout, "Tiki did not answer in time")
        }
    }
}
