import NIOHTTP1

/// The header fields of a call to Tiki.
enum UpstreamRequest {
    /// Signs the call as it is sent at ``UpstreamCall/sentAt``.
    static func headers(
        for call: UpstreamCall,
        to origin: UpstreamURL.Origin,
        signedBy signer: RequestSigner
    ) -> HTTPHeaders {
        var headers = HTTPHeaders([
            ("Host", origin.authority),
            ("Content-Type", "application/json"),
            ("Content-Length", String(call.body.count)),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "tiniapp-auth-backend"),
        ])
        let signature = signer.sign(call.body, timestamp: call.sentAt)
        headers.add(contentsOf: signature.headers.map { ($0.name, $0.value) })
        return headers
    }
}
