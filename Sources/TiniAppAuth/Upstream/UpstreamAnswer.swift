/// Tiki's answer as it came.
package struct UpstreamAnswer: Sendable, Equatable {
    /// The HTTP status.
    package let status: Int
    /// Tiki's `Content-Type` if it is a JSON media type of at most 128 printable ASCII bytes, else
    /// `application/json`.
    package let contentType: String
    /// The body: JSON, else there is no answer.
    package let body: [UInt8]
    /// The body's `error.reason` if it is a word of 1 to 64 characters out of `[a-z0-9_]`: safe for logs and metrics.
    package var errorReason: String?

    package init(
        status: Int,
        contentType: String = "application/json",
        body: [UInt8],
        errorReason: String? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.errorReason = errorReason
    }
}
