/// A request as nginx sends it with this package's configuration.
struct SampleRequest: Sendable {
    var method: String
    var path: String
    var contentType = ""
    /// Nil leaves the param away.
    var contentLength: String?
    var requestID = "0123456789abcdef0123456789abcdef"
    var body: [UInt8] = []
    /// Of the begin-request record.
    var flags: UInt8 = 0

    static let greeting = SampleRequest(method: "GET", path: "/", contentLength: "")

    /// A call with a JSON body, its length announced.
    static func exchange(_ json: String) -> SampleRequest {
        SampleRequest(
            method: "POST",
            path: "/auth_exchange",
            contentType: "application/json",
            contentLength: String(json.utf8.count),
            body: Array(json.utf8)
        )
    }

    /// One with a body that is refused with 400 `missing_key`, and so never reaches the upstream.
    static let keyless = exchange(#"{"not_a_code":"a body of some fifty bytes, all its own"}"#)

    var params: [UInt8] {
        var pairs = [
            (name: "GATEWAY_INTERFACE", value: "CGI/1.1"), (name: "SERVER_PROTOCOL", value: "HTTP/1.1"),
            (name: "REQUEST_METHOD", value: method), (name: "DOCUMENT_URI", value: path),
            (name: "CONTENT_TYPE", value: contentType), (name: "REMOTE_ADDR", value: "127.0.0.1"),
            (name: "REQUEST_ID", value: requestID),
        ]
        if let contentLength { pairs.append((name: "CONTENT_LENGTH", value: contentLength)) }
        return FastCGIRecord.pairs(pairs)
    }

    var records: [FastCGIRecord] {
        let stdin = FastCGIRecord.stdin(body).split(every: 32_768)
        return [.begin(flags: flags), .params(params), .params()] + (body.isEmpty ? [] : stdin) + [.stdin()]
    }

    var bytes: [UInt8] { records.bytes }
}
