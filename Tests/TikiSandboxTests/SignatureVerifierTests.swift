import Testing

@testable import TikiSandbox

struct SignatureVerifierTests {
    let verifier = SignatureVerifier(
        clientKey: SandboxSettings.documentedKey,
        clientSecret: SandboxSettings.documentedSecret
    )
    let call = SignedCall.make(#"{"id":123}"#)

    /// The message with which a call is refused, for the documented reason; nil if it is accepted.
    func problem(_ call: SignedCall, after milliseconds: Int64 = 0) -> String? {
        do throws(TikiError) {
            try self.verifier.verify(call.headers, body: call.body, now: SignedCall.documentedTime + milliseconds)
            return nil
        } catch {
            #expect(error.reason == "invalid_signature" && error.code == 400)
            return error.message
        }
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
    func documentedVectors(body: String, signature: String) {
        let call = SignedCall.make(body)
        #expect(call.headers.signature == signature)
        #expect(self.problem(call) == nil)
    }

    @Test("A signature made with another secret is refused")
    func otherSecret() {
        let other = SignatureVerifier(clientKey: SandboxSettings.documentedKey, clientSecret: "another")
        #expect(throws: TikiError.invalidSignature("invalid signature")) {
            try other.verify(self.call.headers, body: self.call.body, now: SignedCall.documentedTime)
        }
    }

    @Test("A header that is missing, malformed or not the signed one is refused with the reason")
    func headers() {
        let cases: [(WritableKeyPath<CallHeaders, String?>, [String?], String)] = [
            (\.clientID, [nil, "", "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43w"], "unknown client id"),
            (\.timestamp, ["\(SignedCall.documentedTime + 1)"], "invalid signature"),
            (
                \.timestamp,
                [nil, "", "+1620621619569", "-1", "1620621619569 ", "1e12", "99999999999999999999"],
                "timestamp must be Unix time in milliseconds"
            ),
            (
                \.signature,
                [
                    nil, "", "8e", "8EBD092B9DF2CF90E8CCBCAB2BA87EE14F2ABB25EB8F18B4D7286D42ADCD45C2",
                    "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c200",
                    "é8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c",
                ],
                "signature must be 64 lowercase hexadecimal digits"
            ),
        ]
        for (header, values, problem) in cases {
            for value in values {
                var call = self.call
                call.headers[keyPath: header] = value
                #expect(self.problem(call) == problem, "\(value ?? "none")")
            }
        }
    }

    @Test(
        "A timestamp may be 60 seconds old or ahead, and not a millisecond more",
        arguments: [
            (60_000, nil), (60_001, "timestamp is more than one minute old"),
            (-60_000, nil), (-60_001, "timestamp is more than one minute in the future"),
        ] as [(Int64, String?)]
    )
    func age(milliseconds: Int64, problem: String?) {
        #expect(self.problem(self.call, after: milliseconds) == problem)
    }
}
