/// A request as a web server sends it. A test may make it invalid.
package struct SampleRequest: Sendable {
    package var params: [String: String]
    package var body: [UInt8]
    /// The begin-request record's flags.
    package var flags: UInt8 = 0

    /// A request with these params and no others.
    package init(params: [String: String] = [:], body: [UInt8] = []) {
        self.params = params
        self.body = body
    }

    package static let greeting = nginx("GET", "/")

    /// A call with a JSON body and its length.
    package static func post(_ path: String, _ json: String) -> SampleRequest {
        var request = nginx("POST", path)
        request.params["CONTENT_TYPE"] = "application/json"
        request.params["CONTENT_LENGTH"] = String(json.utf8.count)
        request.body = Array(json.utf8)
        return request
    }

    package static func exchange(_ json: String) -> SampleRequest { post("/auth_exchange", json) }

    /// A call that is refused with 400 `missing_key`, and so never reaches the upstream.
    package static let keyless = exchange(#"{"not_a_code":"a body of some fifty bytes, all its own"}"#)

    /// The params that nginx sends with this package's configuration.
    private static func nginx(_ method: String, _ path: String) -> SampleRequest {
        SampleRequest(params: [
            "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": method, "DOCUMENT_URI": path, "CONTENT_TYPE": "", "CONTENT_LENGTH": "",
            "REQUEST_ID": "0123456789abcdef0123456789abcdef", "INTERNAL_PATHS": "guarded",
        ])
    }

    /// Begin-request, params and stdin.
    package var records: [FastCGIRecord] {
        [.beginRequest(flags: flags)] + FastCGIRecord.stream(.params, FastCGIParams.encode(params))
            + FastCGIRecord.stream(.stdin, body)
    }

    package var bytes: [UInt8] { records.bytes }
}
