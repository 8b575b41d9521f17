import NIOCore

/// The bytes of a call to Tiki as they are sent (RFC 9112 section 3): request line, header fields, body.
enum UpstreamRequest {
    /// Signs the call as it is sent at ``UpstreamCall/sentAt``.
    ///
    /// No field can hold a line break: the URL is percent-encoded, the client key printable ASCII by the settings' rules.
    ///
    /// - Parameter authority: the value of the `Host` field.
    static func bytes(
        of call: UpstreamCall,
        to authority: String,
        signedBy signer: RequestSigner
    ) -> ByteBuffer {
        let signature = signer.sign(call.body, timestamp: call.sentAt)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + call.url.target.utf8.count + call.body.count)
        bytes.append(contentsOf: "POST ".utf8)
        bytes.append(contentsOf: call.url.target.utf8)
        bytes.append(contentsOf: " HTTP/1.1\r\nHost: ".utf8)
        bytes.append(contentsOf: authority.utf8)
        bytes.append(contentsOf: "\r\nContent-Type: application/json\r\nContent-Length: ".utf8)
        bytes.append(contentsOf: String(call.body.count).utf8)
        bytes.append(
            contentsOf: """
                \r\nAccept: application/json\r\nAccept-Encoding: identity\r\nUser-Agent: tiniapp-auth-backend\r\n
                """.utf8
        )
        for (name, value) in signature.headers {
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: ": ".utf8)
            bytes.append(contentsOf: value.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: call.body)
        return ByteBuffer(bytes: bytes)
    }
}
