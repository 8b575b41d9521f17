import FastCGI

extension FastCGIRequest {
    package static func make(
        _ method: String = "POST",
        _ path: String = "/auth_exchange",
        params: [String: String] = [:],
        body: [UInt8] = []
    ) -> FastCGIRequest {
        let params = ["REQUEST_METHOD": method, "DOCUMENT_URI": path].merging(params) { _, new in new }
        return FastCGIRequest(
            head: Head(acceptedAt: .now(), ownParam: "INTERNAL_PATHS") { params[$0.description] },
            body: body
        )
    }
}
