import Testing

@testable import TiniAppAuth

/// Vectors from Tiki's page "Calculate signature", recomputed with Python's `hmac`.
struct RequestSignerTests {
    static let key = "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W"
    static let secret = "EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf"
    static let timestamp: Int64 = 1_620_621_619_569
    static let body = #"{"id":123}"#
    static let signature = "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c2"

    @Test(
        "The documented bodies and paths get their documented signatures",
        arguments: [
            (body, signature),
            (
                "/order?location=H%C3%A0%20N%E1%BB%99i&order_id=88062110977884170",
                "e1e0d63f7f8296dd31b2c082e611351a6c41a3bc0309a9299832f70b693722c8"
            ),
        ]
    )
    func documentedVectors(body: String, signature: String) {
        let signer = RequestSigner(ClientCredentials(key: Self.key, secret: Self.secret))
        #expect(signer.sign(Array(body.utf8), timestamp: Self.timestamp).signature == signature)
    }
}
