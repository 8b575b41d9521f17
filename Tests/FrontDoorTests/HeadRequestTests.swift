import TestSupport
import Testing

@Suite("HEAD requests")
struct HeadRequestTests {
    @Test("An answer to HEAD has the length of the answer to GET, and no content (RFC 3875 section 4.3.3)")
    func noContent() async throws {
        try await FrontDoor.with { door in
            var request = SampleRequest.greeting
            let length = try #require(try await door.answer(to: request).headers["Content-Length"])
            request.params["REQUEST_METHOD"] = "HEAD"
            let answer = try await door.answer(to: request)
            #expect(answer.status == 200)
            #expect(answer.text.isEmpty)
            #expect(answer.headers["Content-Length"] == length)
        }
    }
}
