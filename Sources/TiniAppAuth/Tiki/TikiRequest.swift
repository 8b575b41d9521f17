import NIOCore
import Upstream

/// Makes the requests of one call to Tiki (RFC 9112 section 3): request line, header fields, body.
struct TikiRequest {
    /// Everything before the value of `Content-Length`: the same in each request.
    private let beginning: [UInt8]

    /// No field can hold a line break: the URL is percent-encoded, the client key printable ASCII by the settings' rules.
    init(to url: UpstreamURL) {
        let lines = [
            "POST \(url.pathAndQuery) HTTP/1.1", "Host: \(url.origin.authority)", "Content-Type: application/json",
            "Accept: application/json", "Accept-Encoding: identity", "User-Agent: tiniapp-auth-backend",
            "Content-Length: ",
        ]
        beginning = Array(lines.joined(separator: "\r\n").utf8)
    }

    /// A request as it is sent.
    ///
    /// - Parameters:
    ///   - body: the bytes that are signed and sent.
    ///   - signer: signs them.
    ///   - time: Unix time in milliseconds.
    func bytes(_ body: [UInt8], signedBy signer: RequestSigner, at time: Int64) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(beginning.count + 256 + body.count)
        bytes.writeBytes(beginning)
        bytes.writeString(String(body.count))
        let signature = signer.sign(body, timestamp: time)
        bytes.writeStaticString("\r\nX-Tiniapp-Client-Id: ")
        bytes.writeString(signature.clientID)
        bytes.writeStaticString("\r\nX-Tiniapp-Timestamp: ")
        bytes.writeString(signature.timestamp)
        bytes.writeStaticString("\r\nX-Tiniapp-Signature: ")
        bytes.writeString(signature.signature)
        bytes.writeStaticString("\r\n\r\n")
        bytes.writeBytes(body)
        return bytes
    }
}
