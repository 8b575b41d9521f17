/// A request as a web server sends it. A test may make it invalid.
struct SampleRequest {
    /// A request whose params have all sizes.
    static let usual = SampleRequest(
        params: [
            "REQUEST_METHOD": "POST", "DOCUMENT_URI": "/auth_exchange", "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": "14", "REQUEST_ID": "3f2a", "EMPTY": "", "LONG": String(repeating: "v", count: 300),
        ],
        body: Array(#"{"code":"a.b"}"#.utf8)
    )

    /// The usual request with another body.
    static func usual(body: [UInt8]) -> SampleRequest { SampleRequest(params: usual.params, body: body) }

    var params: [String: String] = [:]
    var body: [UInt8] = []
    /// The begin-request record's flags.
    var flags: UInt8 = 0

    /// Begin-request, params and stdin.
    var records: [FastCGIRecord] {
        [.beginRequest(flags: flags)] + FastCGIRecord.stream(.params, FastCGIParams.encode(params))
            + FastCGIRecord.stream(.stdin, body)
    }

    var bytes: [UInt8] { records.bytes }
}
