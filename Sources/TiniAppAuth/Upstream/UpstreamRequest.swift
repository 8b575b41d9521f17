import NIOCore

/// The bytes of a call to Tiki as they are sent (RFC 9112 section 3): request line, header fields, body.
enum UpstreamRequest {
    /// Signs the call as it is sent at ``UpstreamCall/sentAt``.
    ///
    /// No field can hold a line break: the URL is percent-encoded, the client key printable ASCII by the settings' rules.
    static func bytes(
        of call: UpstreamCall,
        to origin: UpstreamURL.Origin,
        signedBy signer: RequestSigner
    ) -> ByteBuffer {
        let signature = signer.sign(call.body, timestamp: call.sentAt)
        var bytes = ByteBufferAllocator().buffer(capacity: 512 + call.url.target.utf8.count + call.body.count)
        bytes.writeStaticString("POST ")
        bytes.writeString(call.url.target)
        bytes.writeStaticString(" HTTP/1.1\r\nHost: ")
        bytes.writeString(origin.authority)
        bytes.writeStaticString("\r\nContent-Type: application/json\r\nContent-Length: ")
        bytes.writeString(String(call.body.count))
        bytes.writeStaticString(
            "\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nUser-Agent: tiniapp-auth-backend\r\n"
        )
        for (name, value) in signature.headers {
            bytes.writeString(name)
            bytes.writeStaticString(": ")
            bytes.writeString(value)
            bytes.writeStaticString("\r\n")
        }
        bytes.writeStaticString("\r\n")
        bytes.writeBytes(call.body)
        return bytes
    }
}
