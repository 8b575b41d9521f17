import Testing

@testable import TikiSandbox

/// The vectors are from Tiki's page "Calculate signature".
struct SignatureVerifierTests {
    static let time: Int64 = 1_620_621_619_569

    /// The message with which a call is refused, for the documented reason; nil if it is accepted.
    func problem(
        _ body: String = #"{"id":123}"#,
        after milliseconds: Int64 = 0,
        _ change: (inout CallHeaders) -> Void = { _ in }
    ) -> String? {
        let verifier = SignatureVerifier(
            clientKey: SandboxSettings.documentedKey,
            clientSecret: SandboxSettings.documentedSecret
        )
        var headers = CallHeaders(
            clientID: SandboxSettings.documentedKey,
            timestamp: "\(Self.time)",
            signature: "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c2",
            contentType: "application/json"
        )
        change(&headers)
        do throws(TikiError) {
            try verifier.verify(headers, body: Array(body.utf8), now: Self.time + milliseconds)
            return nil
        } catch {
            #expect(error.reason == "invalid_signature" && error.code == 400)
            return error.message
        }
    }

    @Test("Both signatures in Tiki's documentation are accepted, and for no other body")
    func documentedVectors() {
        #expect(problem() == nil)
        #expect(problem(#"{"id":124}"#) == "invalid signature")
        let signature = "e1e0d63f7f8296dd31b2c082e611351a6c41a3bc0309a9299832f70b693722c8"
        let path = "/order?location=H%C3%A0%20N%E1%BB%99i&order_id=88062110977884170"
        #expect(problem(path) { $0.signature = signature } == nil)
    }

    @Test("A header that is missing, malformed or not the signed one is refused with the reason")
    func headers() {
        let cases: [(WritableKeyPath<CallHeaders, String?>, [String?], String)] = [
            (\.clientID, [nil, "", "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43w"], "unknown client id"),
            (\.timestamp, ["\(Self.time + 1)"], "invalid signature"),
            (
                \.timestamp,
                [nil, "", "+1620621619569", "-1", "1620621619569 ", "1e12", "99999999999999999999"],
                "timestamp must be Unix time in milliseconds"
            ),
            (
                \.signature,
                [nil, "", "8e", "8EBD092B9DF2CF90E8CCBCAB2BA87EE14F2ABB25EB8F18B4D7286D42ADCD45C2"],
                "signature must be 64 lowercase hexadecimal digits"
            ),
        ]
        for (header, values, problem) in cases {
            for value in values {
                #expect(self.problem { $0[keyPath: header] = value } == problem, "\(value ?? "none")")
            }
        }
    }

    @Test("A timestamp may be 60 seconds old or ahead, and not a millisecond more")
    func age() {
        #expect(problem(after: 60_000) == nil && problem(after: -60_000) == nil)
        #expect(problem(after: 60_001) == "timestamp is more than one minute old")
        #expect(problem(after: -60_001) == "timestamp is more than one minute in the future")
    }
}
