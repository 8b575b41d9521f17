/// A failure as in Tiki's envelope ("Error codes" in Tiki's documentation).
struct TikiError: Error, Equatable, Sendable {
    /// An HTTP status; the answer's status line carries the same one.
    var code: Int
    var reason: String
    var message: String

    /// A header of the call is missing or wrong. Tiki documents 400 for it, on each of the three calls.
    static func invalidSignature(_ message: String) -> TikiError {
        TikiError(code: 400, reason: "invalid_signature", message: message)
    }
}
