import Crypto
import Text

/// Signs calls to Tiki.
///
/// Source: Tiki's page "Calculate signature". The pseudocode there signs the payload, its samples sign the encoded
/// payload; the samples are right.
package struct RequestSigner: Sendable {
    private let clientKey: String
    /// An HMAC that has taken in only the secret so far. Each signature continues from a copy of it.
    private let begun: HMAC<SHA256>

    package init(_ credentials: ClientCredentials) {
        clientKey = credentials.key
        begun = HMAC(key: SymmetricKey(data: Array(credentials.secret.utf8)))
    }

    /// Signs a body as it is at a moment.
    ///
    /// - Parameters:
    ///   - body: exactly the bytes that are sent; for a GET, the path with its query.
    ///   - timestamp: Unix time in milliseconds. One that is too old is refused; see ``ClockSkew/refused``.
    package func sign(_ body: [UInt8], timestamp: Int64) -> RequestSignature {
        let timestamp = String(timestamp)
        let (encodedPayload, code) = code(of: body, timestamp: timestamp)
        return RequestSignature(
            clientID: clientKey,
            timestamp: timestamp,
            signature: code.withUnsafeBytes(Hexadecimal.encode),
            encodedPayload: encodedPayload
        )
    }

    /// Whether this is the signature of a body. Takes the same time for every wrong one, which tells a forger nothing.
    ///
    /// - Parameters:
    ///   - signature: its 32 bytes.
    ///   - timestamp: as it came with the body.
    func isSignature(_ signature: [UInt8], of body: [UInt8], timestamp: String) -> Bool {
        // The library compares a code with bytes in constant time.
        code(of: body, timestamp: timestamp).code == signature
    }

    private func code(of body: [UInt8], timestamp: String) -> (
        encodedPayload: [UInt8], code: HashedAuthenticationCode<SHA256>
    ) {
        var payload = [UInt8]()
        payload.reserveCapacity(timestamp.utf8.count + clientKey.utf8.count + body.count + 2)
        payload.append(contentsOf: timestamp.utf8)
        payload.append(UInt8(ascii: "."))
        payload.append(contentsOf: clientKey.utf8)
        payload.append(UInt8(ascii: "."))
        payload.append(contentsOf: body)
        let encodedPayload = Base64URL.encode(payload)
        var code = begun
        encodedPayload.withUnsafeBytes { code.update(data: $0) }
        return (encodedPayload, code.finalize())
    }
}

/// A signature and what goes with it to Tiki.
package struct RequestSignature: Sendable, Equatable {
    /// `X-Tiniapp-Client-Id`.
    package let clientID: String
    /// `X-Tiniapp-Timestamp`, decimal milliseconds.
    package let timestamp: String
    /// `X-Tiniapp-Signature`, lowercase hexadecimal.
    package let signature: String
    /// The signed text: base64url of timestamp, key and body. Not sent; for comparing with Tiki's page.
    package let encodedPayload: [UInt8]

    /// The three header fields.
    package var headers: [(name: String, value: String)] {
        [
            ("X-Tiniapp-Client-Id", clientID),
            ("X-Tiniapp-Timestamp", timestamp),
            ("X-Tiniapp-Signature", signature),
        ]
    }
}
