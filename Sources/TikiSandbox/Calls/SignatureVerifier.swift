import Crypto
import FoundationEssentials

/// Checks a call's client, timestamp and signature, by the rules of Tiki's "Calculate signature" page.
///
/// Written from that page only, and shares no code with the backend, so that one mistake cannot hide in both.
struct SignatureVerifier: Sendable {
    /// Tiki's current pages do not say how old a timestamp may be. One minute is our assumption: the shortest time that
    /// any page has ever named. Nor do they mention timestamps from the future; the sandbox allows the same minute.
    static let toleranceMilliseconds: Int64 = 60_000

    let clientKey: String
    private let secret: SymmetricKey

    init(clientKey: String, clientSecret: String) {
        self.clientKey = clientKey
        self.secret = SymmetricKey(data: Array(clientSecret.utf8))
    }

    /// Throws the first error found: checks the client, then the timestamp, then the signature.
    ///
    /// - Parameters:
    ///   - body: The bytes as received, and as signed: nothing is parsed or compacted here.
    ///   - now: The sandbox's clock, in milliseconds since 1970.
    func verify(_ headers: CallHeaders, body: [UInt8], now: Int64) throws(TikiError) {
        guard headers.clientID == self.clientKey else {
            throw .invalidSignature("unknown client id")
        }
        guard let timestamp = headers.timestamp, let sentAt = Self.milliseconds(timestamp) else {
            throw .invalidSignature("timestamp must be Unix time in milliseconds")
        }
        guard now - sentAt <= Self.toleranceMilliseconds else {
            throw .invalidSignature("timestamp is more than one minute old")
        }
        guard sentAt - now <= Self.toleranceMilliseconds else {
            throw .invalidSignature("timestamp is more than one minute in the future")
        }
        guard let code = headers.signature.flatMap(Self.authenticationCode) else {
            throw .invalidSignature("signature must be 64 lowercase hexadecimal digits")
        }
        let encoded = Base64URL.encode(Array("\(timestamp).\(self.clientKey).".utf8) + body)
        // Compares in constant time.
        guard HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: encoded, using: self.secret) else {
            throw .invalidSignature("invalid signature")
        }
    }

    /// Digits only: `Int64` would also accept a sign.
    private static func milliseconds(_ text: String) -> Int64? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(text)
    }

    /// Decodes the header's 64 hexadecimal digits.
    private static func authenticationCode(_ hex: String) -> [UInt8]? {
        let digits = hex.utf8.compactMap { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == 64, hex.utf8.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
