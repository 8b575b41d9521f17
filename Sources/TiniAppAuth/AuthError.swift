/// Everything that this backend itself says no with: one status, reason and message for each.
///
/// Messages never quote what a client or Tiki sent. A key is named if it looks like one.
package enum AuthError: Error, Equatable, Sendable {
    /// There is no body, or nothing in it.
    case noPayload
    /// The body is not JSON in UTF-8.
    case invalidJSON(JSONSyntaxError)
    /// The body is JSON, but no object.
    case invalidPayload
    /// The body's object has a key twice: two readers could see different values.
    case duplicateKey(String?)
    /// The body's object lacks the route's key.
    case missingKey(String)
    /// The route's key holds something else than a non-empty string.
    case invalidValue(String)
    /// The body is not as long as announced.
    case invalidContentLength
    /// The body is not declared as JSON.
    case unsupportedMediaType
    /// The body is longer than the limit, in bytes.
    case payloadTooLarge(limit: Int)
    /// There is no such path.
    case notFound
    /// The path is there, but not for this method.
    case methodNotAllowed(allowed: String)
    /// No connection to Tiki: name, connection or TLS.
    case upstreamUnreachable
    /// What came from Tiki is not one whole JSON answer within the limits.
    case upstreamInvalidResponse
    /// Tiki did not answer in time.
    case upstreamTimeout
    /// Too many requests are in flight.
    case overloaded
    /// The process is about to end.
    case shuttingDown

    /// The HTTP status, repeated in the envelope as `code`.
    package var status: Int {
        switch self {
        case .noPayload, .invalidJSON, .invalidPayload, .duplicateKey, .missingKey, .invalidValue,
            .invalidContentLength:
            400
        case .notFound: 404
        case .methodNotAllowed: 405
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .upstreamUnreachable, .upstreamInvalidResponse: 502
        case .overloaded, .shuttingDown: 503
        case .upstreamTimeout: 504
        }
    }

    /// The word by which a program tells the cases apart; also safe as a log field.
    package var reason: String {
        switch self {
        case .noPayload: "no_payload"
        case .invalidJSON: "invalid_json"
        case .invalidPayload: "invalid_payload"
        case .duplicateKey: "duplicate_key"
        case .missingKey: "missing_key"
        case .invalidValue: "invalid_value"
        case .invalidContentLength: "invalid_content_length"
        case .unsupportedMediaType: "unsupported_media_type"
        case .payloadTooLarge: "payload_too_large"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .upstreamUnreachable: "upstream_unreachable"
        case .upstreamInvalidResponse: "upstream_invalid_response"
        case .upstreamTimeout: "upstream_timeout"
        case .overloaded: "overloaded"
        case .shuttingDown: "shutting_down"
        }
    }

    /// A sentence for the developer of the app.
    package var message: String {
        switch self {
        case .noPayload: "No payload received"
        case .invalidJSON(let error): "Invalid JSON: \(error)"
        case .invalidPayload: "Invalid payload data format"
        case .duplicateKey(let key?): "Duplicate key '\(key)'"
        case .duplicateKey(nil): "Duplicate key"
        case .missingKey(let key): "Missing key '\(key)'"
        case .invalidValue(let key): "Key '\(key)' must be a non-empty string"
        case .invalidContentLength: "The body is not as long as Content-Length says"
        case .unsupportedMediaType: "Content-Type must be application/json"
        case .payloadTooLarge(let limit): "The body is larger than \(limit) bytes"
        case .notFound: "No such path"
        case .methodNotAllowed(let allowed): "Method not allowed; allowed: \(allowed)"
        case .upstreamUnreachable: "Tiki could not be reached"
        case .upstreamInvalidResponse: "Tiki's answer could not be understood"
        case .upstreamTimeout: "Tiki did not answer in time"
        case .overloaded: "Too many requests at once; try again shortly"
        case .shuttingDown: "The server is shutting down; try again shortly"
        }
    }
}
