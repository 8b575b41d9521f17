import Crypto
import Foundation

@testable import TikiSandbox

/// A call as a backend would send it, for tests to send or to damage.
struct SignedCall {
    /// The timestamp of the vectors on Tiki's page "Calculate signature".
    static let documentedTime: Int64 = 1_620_621_619_569

    var headers: CallHeaders
    var body: [UInt8]

    /// Signs with the documented key and secret.
    static func make(_ body: String, timestamp: Int64 = documentedTime) -> SignedCall {
        let payload = "\(timestamp).\(SandboxSettings.documentedKey).\(body)"
        // Foundation's encoder, so that the sandbox's is not checked against itself.
        let encoded = Data(payload.utf8).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(encoded.utf8),
            using: SymmetricKey(data: Data(SandboxSettings.documentedSecret.utf8))
        )
        return SignedCall(
            headers: CallHeaders(
                clientID: SandboxSettings.documentedKey,
                timestamp: "\(timestamp)",
                signature: code.map { String(format: "%02x", $0) }.joined(),
                contentType: "application/json"
            ),
            body: Array(body.utf8)
        )
    }
}
