import Testing

@testable import TiniAppAuth

/// Vectors from Tiki's page "Calculate signature"; the one for an empty body was made with Python's `hmac`.
struct ReceivedSignatureTests {
    static let now = RequestSignerTests.timestamp + 10_500
    static let body = Array(RequestSignerTests.body.utf8)

    func verify(
        _ body: [UInt8] = Self.body,
        clientID: String = RequestSignerTests.key,
        timestamp: String = "1620621619569",
        signature: String = RequestSignerTests.signature,
        secret: String = RequestSignerTests.secret,
        maxAge: Int64? = nil,
        now: Int64 = Self.now
    ) throws(ReceivedSignature.Problem) -> Int64 {
        try ReceivedSignature(clientID: clientID, timestamp: timestamp, signature: signature)
            .verify(
                body,
                by: ClientCredentials(key: RequestSignerTests.key, secret: secret),
                maxAge: maxAge,
                now: now
            )
    }

    @Test("A documented signature is good, whatever the case of its digits")
    func good() throws {
        #expect(try verify() == 10_500)
        #expect(try verify(signature: RequestSignerTests.signature.uppercased()) == 10_500)
    }

    @Test("An empty body has a signature of its own")
    func emptyBody() throws {
        let signature = "9dd0d9b7d56a544f7c8db61d01f638a355dd940784036848a7d5a211040ea615"
        #expect(try verify([], signature: signature) == 10_500)
        #expect(throws: ReceivedSignature.Problem.otherSignature(bodyEndsWithNewline: false)) { try verify([]) }
    }

    @Test("A body with one newline too many is refused, and the error says so")
    func newline() {
        #expect(throws: ReceivedSignature.Problem.otherSignature(bodyEndsWithNewline: true)) {
            try verify(Self.body + [0x0A])
        }
    }

    @Test("The age is checked to the millisecond, if it is checked")
    func age() throws {
        #expect(try verify(maxAge: 60, now: RequestSignerTests.timestamp + 60_000) == 60_000)
        #expect(throws: ReceivedSignature.Problem.tooOld(60, maxAge: 60)) {
            try verify(maxAge: 60, now: RequestSignerTests.timestamp + 60_001)
        }
        #expect(throws: ReceivedSignature.Problem.tooOld(0, maxAge: 0)) {
            try verify(maxAge: 0, now: RequestSignerTests.timestamp + 1)
        }
        #expect(try verify(maxAge: .max, now: .max) > 0)
    }

    @Test("A signature a minute or more in the future is refused, with or without an age")
    func future() throws {
        #expect(try verify(maxAge: 0, now: RequestSignerTests.timestamp - 59_999) == -59_999)
        for maxAge in [nil, 60] as [Int64?] {
            #expect(throws: ReceivedSignature.Problem.fromTheFuture(60)) {
                try verify(maxAge: maxAge, now: RequestSignerTests.timestamp - 60_000)
            }
        }
    }

    @Test(
        "A timestamp that is not a number of milliseconds is refused",
        arguments: [
            "", "-1", "+1620621619569", " 1620621619569", "1620621619569\n", "1e12", "0x1", "١٦٢",
            "9223372036854775808",
        ]
    )
    func noTimestamp(text: String) {
        #expect(throws: ReceivedSignature.Problem.noTimestamp) { try verify(timestamp: text) }
    }

    @Test("A timestamp with a leading zero is signed as written")
    func leadingZero() {
        #expect(throws: ReceivedSignature.Problem.otherSignature(bodyEndsWithNewline: false)) {
            try verify(timestamp: "01620621619569")
        }
    }

    @Test(
        "A signature that is not 64 hexadecimal digits is refused",
        arguments: [
            "", "8", "zz", String(RequestSignerTests.signature.dropLast(2)), RequestSignerTests.signature + "00",
            String(RequestSignerTests.signature.dropLast()) + "g", " " + RequestSignerTests.signature.dropLast(),
            String(repeating: "é", count: 32),
        ]
    )
    func noSignature(text: String) {
        #expect(throws: ReceivedSignature.Problem.noSignature) { try verify(signature: text) }
    }
}
