import Testing

@testable import TikiSandbox

struct SignatureVerifierTests {
    let verifier = SignatureVerifier(
        clientKey: SandboxSettings.documentedKey,
        clientSecret: SandboxSettings.documentedSecret
    )
    let now = SignedCall.documentedTime

    func verify(_ call: SignedCall, now: Int64? = nil) throws {
        try self.verifier.verify(call.headers, body: call.body, now: now ?? self.now)
    }

    /// Expects a refusal with the documented reason and returns its message.
    func refusal(_ call: SignedCall, now: Int64? = nil) -> String? {
        let error = #expect(throws: TikiError.self) { try self.verify(call, now: now) }
        #expect(error?.reason == "invalid_signature")
        #expect(error?.code == 400)
        return error?.message
    }

    @Test(
        "Both signatures in Tiki's documentation are accepted",
        arguments: [
            (#"{"id":123}"#, "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c2"),
            (
                "/order?location=H%C3%A0%20N%E1%BB%99i&order_id=88062110977884170",
                "e1e0d63f7f8296dd31b2c082e611351a6c41a3bc0309a9299832f70b693722c8"
            ),
        ]
    )
    func documentedVectors(body: String, signature: String) throws {
        var call = SignedCall.make(body)
        #expect(call.headers.signature == signature)
        call.headers.signature = signature
        try self.verify(call)
    }

    @Test("A signature made with another secret is refused")
    func otherSecret() {
        let call = SignedCall.make(#"{"id":123}"#)
        let other = SignatureVerifier(clientKey: SandboxSettings.documentedKey, clientSecret: "another")
        #expect(throws: TikiError.invalidSignature("invalid signature")) {
            try other.verify(call.headers, body: call.body, now: self.now)
        }
    }

    @Test("A wrong or missing client key is refused", arguments: ["", "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43w", nil])
    func otherKey(key: String?) {
        var call = SignedCall.make(#"{"id":123}"#)
        call.headers.clientID = key
        #expect(self.refusal(call) == "unknown client id")
    }

    @Test("A timestamp other than the signed one is refused")
    func otherTimestamp() {
        var call = SignedCall.make(#"{"id":123}"#)
        call.headers.timestamp = "\(self.now + 1)"
        #expect(self.refusal(call) == "invalid signature")
    }

    @Test("A timestamp 60 seconds old is accepted, and one 61 seconds old is refused")
    func oldTimestamp() throws {
        let call = SignedCall.make(#"{"id":123}"#)
        try self.verify(call, now: self.now + 60_000)
        #expect(self.refusal(call, now: self.now + 60_001) == "timestamp is more than one minute old")
        #expect(self.refusal(call, now: self.now + 61_000) == "timestamp is more than one minute old")
    }

    @Test("A timestamp 60 seconds ahead is accepted, and one 61 seconds ahead is refused")
    func futureTimestamp() throws {
        let call = SignedCall.make(#"{"id":123}"#)
        try self.verify(call, now: self.now - 60_000)
        #expect(self.refusal(call, now: self.now - 61_000) == "timestamp is more than one minute in the future")
    }

    @Test(
        "A timestamp that is not a decimal number is refused",
        arguments: ["", "+1620621619569", "-1", "1620621619569 ", "1e12", "99999999999999999999", nil]
    )
    func malformedTimestamp(timestamp: String?) {
        var call = SignedCall.make(#"{"id":123}"#)
        call.headers.timestamp = timestamp
        #expect(self.refusal(call) == "timestamp must be Unix time in milliseconds")
    }

    @Test(
        "A signature that is not 64 lowercase hexadecimal digits is refused",
        arguments: [
            nil, "", "8e", "8EBD092B9DF2CF90E8CCBCAB2BA87EE14F2ABB25EB8F18B4D7286D42ADCD45C2",
            "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c200",
            "é8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c",
        ]
    )
    func malformedSignature(signature: String?) {
        var call = SignedCall.make(#"{"id":123}"#)
        call.headers.signature = signature
        #expect(self.refusal(call) == "signature must be 64 lowercase hexadecimal digits")
    }
}
