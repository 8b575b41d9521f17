import TestSupport

extension SampleRequest {
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
}

extension FastCGIPeer {
    /// Sends a request, or the rest of one, and reads the answer.
    func exchange(_ bytes: [UInt8] = SampleRequest.usual.bytes) throws -> FastCGIAnswer {
        try send(bytes)
        return try answer()
    }
}
