import TestSupport
import Testing

@testable import FastCGI

struct FastCGIRequestTests {
    func request(_ contentLength: String?, body: String) -> FastCGIRequest {
        let params = ["CONTENT_LENGTH": contentLength].compactMapValues(\.self)
        return FastCGIRequest.make("POST", "/", params: params, body: Array(body.utf8))
    }

    @Test(
        "A content length that matches its body is accepted",
        arguments: [("4", "body"), ("0", ""), ("04", "body"), (nil, ""), ("10", "0123456789")] as [(String?, String)]
    )
    func announced(contentLength: String?, body: String) {
        #expect(request(contentLength, body: body).hasAnnouncedLength)
        #expect(!request(contentLength, body: body).lacksLength)
    }

    @Test(
        "A content length that is wrong, missing or not a number is not accepted, and no or a negative one is none",
        arguments: [
            ("3", "body"), ("5", "body"), (nil, "body"), ("1", ""), ("-1", "body"), ("-4", "body"), ("+4", "body"),
            ("-0", ""),
            ("4e0", "body"), ("1e3", "body"), ("0x4", "body"), (" 4", "body"), ("4 ", "body"), ("4,4", "body"),
            ("4.0", "body"), ("", "body"), ("", ""), ("٤", "body"), ("four", "body"),
            ("99999999999999999999", "body"), ("18446744073709551620", "body"),
            (String(repeating: "9", count: 10_000), "body"),
        ] as [(String?, String)]
    )
    func notAnnounced(contentLength: String?, body: String) {
        #expect(!request(contentLength, body: body).hasAnnouncedLength)
        #expect(request(contentLength, body: body).lacksLength == [nil, "-1"].contains(contentLength))
    }
}
