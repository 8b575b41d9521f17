import Text

/// Our own errors in Tiki's format, so that an app reads only one.
///
/// Source: Tiki's page "Error codes", which has `error.metadata.request_id` too.
package enum ErrorEnvelope {
    /// The JSON text for an error.
    ///
    /// - Parameter requestID: the request's id in the logs.
    package static func json(for error: AuthError, requestID: String) -> [UInt8] {
        var json = Array(#"{"data":null,"error":{"code":"#.utf8)
        json.append(contentsOf: String(error.status).utf8)
        json.append(contentsOf: #","reason":"#.utf8)
        JSONString.append(error.reason, to: &json)
        json.append(contentsOf: #","message":"#.utf8)
        JSONString.append(error.message, to: &json)
        json.append(contentsOf: #","metadata":{"request_id":"#.utf8)
        JSONString.append(requestID, to: &json)
        json.append(contentsOf: "}}}".utf8)
        return json
    }
}
