import TestSupport
import Testing

/// RFC 3875 section 4.1.2: CONTENT_LENGTH is the body's length.
@Suite("Content lengths")
struct ContentLengthTests {
    /// The body has 56 bytes.
    private static let wrong = [
        "1", "55", "57", "100000", "-56", "-2", "+56", "1e3", "0x38", "56.0", "56,56", " 56", "56 ", "5 6", "fifty-six",
        "18446744073709551672", "99999999999999999999999999", "056x",
    ]

    @Test("A content length that is wrong or not a number is refused with 400")
    func wrongLength() async throws {
        try await FrontDoor.with { door in
            for length in Self.wrong {
                var request = SampleRequest.keyless
                request.params["CONTENT_LENGTH"] = length
                try await expectRefusal(of: request, by: door, "CONTENT_LENGTH '\(length)'")
            }
            try await door.expectUnharmed()
        }
    }

    @Test(
        "A content length that is missing, empty or Caddy's for an unknown one is refused with 411",
        arguments: [nil, "", "-1"]
    )
    func noLength(length: String?) async throws {
        try await FrontDoor.with { door in
            var request = SampleRequest.keyless
            request.params["CONTENT_LENGTH"] = length
            let answer = try await door.answer(to: request)
            #expect(answer.status == 411)
            #expect(answer.reason == "length_required")
            try await door.expectUnharmed()
        }
    }

    @Test("A positive content length without a body is refused with 400")
    func lengthWithoutBody() async throws {
        try await FrontDoor.with { door in
            var request = SampleRequest.keyless
            request.body = []
            try await expectRefusal(of: request, by: door, "CONTENT_LENGTH 56 and no body")
            try await door.expectUnharmed()
        }
    }

    private func expectRefusal(of request: SampleRequest, by door: FrontDoor, _ comment: Comment) async throws {
        let answer = try await door.answer(to: request)
        #expect(answer.status == 400, comment)
        #expect(answer.reason == "invalid_content_length", comment)
        #expect(answer.headers["Content-Type"] == "application/json", comment)
        #expect(answer.text.contains(try #require(request.params["REQUEST_ID"])), comment)
    }

    @Test("A correct content length is accepted, even with leading zeros")
    func rightLength() async throws {
        try await FrontDoor.with { door in
            #expect(SampleRequest.keyless.body.count == 56)
            for length in ["56", "0056"] {
                var request = SampleRequest.keyless
                request.params["CONTENT_LENGTH"] = length
                let answer = try await door.answer(to: request)
                #expect(answer.reason == "missing_key")
            }
        }
    }
}
