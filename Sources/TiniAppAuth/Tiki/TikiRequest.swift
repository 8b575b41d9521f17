import NIOCore
import Text
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
        var bytes: [UInt8] = []
        bytes.reserveCapacity(beginning.count + 256 + body.count)
        bytes.append(contentsOf: beginning)
        bytes.append(decimal: body.count)
        let signature = signer.sign(body, timestamp: time)
        bytes.append("\r\nX-Tiniapp-Client-Id: ")
        bytes.append(contentsOf: signature.clientID.utf8)
        bytes.append("\r\nX-Tiniapp-Timestamp: ")
        bytes.append(contentsOf: signature.timestamp.utf8)
        bytes.append("\r\nX-Tiniapp-Signature: ")
        bytes.append(contentsOf: signature.signature.utf8)
        bytes.append("\r\n\r\n")
        bytes.append(contentsOf: body)
        return ByteBuffer(bytes: bytes)
    }
}
