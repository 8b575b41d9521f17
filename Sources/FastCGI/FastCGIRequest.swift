/// One complete request, as the web server passed it. A value: nothing in it points into libfcgi.
///
/// The names in brackets are the FastCGI params (RFC 3875 section 4.1 where it defines them, else nginx's).
package struct FastCGIRequest: Sendable, Equatable {
    /// The request method, in capitals as the client sent it (`REQUEST_METHOD`).
    package var method: String
    /// The path, decoded and normalized by the web server, without the query (`DOCUMENT_URI`).
    package var path: String
    /// The media type of the body with its parameters (`CONTENT_TYPE`); nil if absent or empty.
    package var contentType: String?
    /// The body's announced length as it came (`CONTENT_LENGTH`); nil if absent or empty.
    package var contentLength: String?
    /// The web server's name for this request (`REQUEST_ID`); nil if absent or empty.
    package var requestID: String?
    /// The client's address (`REMOTE_ADDR`); nil if absent or empty.
    package var remoteAddress: String?
    /// The client's place in a distributed trace (`HTTP_X_CLOUD_TRACE_CONTEXT`), as it came; nil if absent or empty.
    package var traceContext: String?
    /// When the connection was accepted.
    package var acceptedAt: ContinuousClock.Instant
    /// The bytes of the stdin stream, all of them, whatever the announced length.
    package var body: [UInt8]

    package init(
        method: String,
        path: String,
        contentType: String? = nil,
        contentLength: String? = nil,
        requestID: String? = nil,
        remoteAddress: String? = nil,
        traceContext: String? = nil,
        acceptedAt: ContinuousClock.Instant = .now,
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.contentLength = contentLength
        self.requestID = requestID
        self.remoteAddress = remoteAddress
        self.traceContext = traceContext
        self.acceptedAt = acceptedAt
        self.body = body
    }

    /// Whether the body is as long as announced. RFC 3875 section 4.1.2: the length must be there if a body is.
    package var hasAnnouncedLength: Bool {
        guard let contentLength else { return body.isEmpty }
        // Digits alone: Int's own parser would also take a sign.
        guard contentLength.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return false
        }
        return Int(contentLength) == body.count
    }
}
