/// A failure in the words of Tiki's envelope ("Error codes" in Tiki's documentation).
struct TikiError: Error, Equatable, Sendable {
    /// An HTTP status; the answer's status line carries the same one.
    var code: Int
    var reason: String
    var message: String

    /// A header of the call is missing or wrong. The documentation names the reason and is silent about the status;
    /// 401 is the sandbox's choice, since the caller has not proved who it is.
    static func invalidSignature(_ message: String) -> TikiError {
        TikiError(code: 401, reason: "invalid_signature", message: message)
    }
}
