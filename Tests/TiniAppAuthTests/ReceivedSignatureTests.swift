import Testing

@testable import TiniAppAuth

/// Vectors from Tiki's page "Calculate signature"; the one for an empty body was made with Python's `hmac`.
struct ReceivedSignatureTests {
    typealias Problem = ReceivedSignature.Problem

    static let body = Array(RequestSignerTests.body.utf8)

    /// - Parameter age: milliseconds.
    func verify(
        _ body: [UInt8] = Self.body,
        timestamp: String = "1620621619569",
        signature: String = RequestSignerTests.signature,
        maxAge: Int64? = nil,
        age: Int64 = 10_500
    ) -> Result<Int64, Problem> {
        let received = ReceivedSignature(clientID: RequestSignerTests.key, timestamp: timestamp, signature: signature)
        let credentials = ServiceFixture.credentials
        return Result { () throws(Problem) in
            try received.verify(body, by: credentials, maxAge: maxAge, now: RequestSignerTests.timestamp + age)
        }
    }

    @Test("A documented signature is good, whatever the case of its digits, and only for its body and timestamp")
    func good() {
        #expect(verify() == .success(10_500))
        #expect(verify(signature: RequestSignerTests.signature.uppercased()) == .success(10_500))
        let ofNothing = "9dd0d9b7d56a544f7c8db61d01f638a355dd940784036848a7d5a211040ea615"
        #expect(verify([], signature: ofNothing) == .success(10_500))
        #expect(verify([]) == .failure(.otherSignature(bodyEndsWithNewline: false)))
        #expect(verify(Self.body + [0x0A]) == .failure(.otherSignature(bodyEndsWithNewline: true)))
        // It is signed as written.
        #expect(verify(timestamp: "01620621619569") == .failure(.otherSignature(bodyEndsWithNewline: false)))
    }

    @Test("The age is checked to the millisecond if it is checked, and a minute in the future is too much in any case")
    func age() {
        #expect(verify(maxAge: 60, age: 60_000) == .success(60_000))
        #expect(verify(maxAge: 60, age: 60_001) == .failure(.tooOld(60, maxAge: 60)))
        #expect(verify(maxAge: 0, age: 1) == .failure(.tooOld(0, maxAge: 0)))
        let longest = Int64.max - RequestSignerTests.timestamp
        #expect(verify(maxAge: .max, age: longest) == .success(longest))
        #expect(verify(maxAge: 0, age: -59_999) == .success(-59_999))
        for maxAge in [nil, 60] as [Int64?] {
            #expect(verify(maxAge: maxAge, age: -60_000) == .failure(.fromTheFuture(60)))
        }
    }

    @Test("A timestamp that is not a number of milliseconds, or a signature that is not 64 digits, is refused")
    func malformed() {
        for text in [
            "", "-1", "+1620621619569", " 1620621619569", "1620621619569\n", "1e12", "0x1", "١٦٢",
            "9223372036854775808",
        ] {
            #expect(verify(timestamp: text) == .failure(.noTimestamp), "\(text)")
        }
        let good = RequestSignerTests.signature
        for text in ["", "8", "zz", good + "00", good.dropLast() + "g", String(repeating: "é", count: 32)] {
            #expect(verify(signature: text) == .failure(.noSignature), "\(text)")
        }
    }
}
