import Testing

@testable import TiniAppAuthBackend

struct RequestIDTests {
    @Test(
        "The web server's id is used unchanged",
        arguments: ["a", "3f2a9c", "A-b_c.9", String(repeating: "x", count: 64)]
    )
    func taken(id: String) {
        #expect(RequestID(id).text == id)
    }

    @Test(
        "An id that is missing, too long or malformed is replaced",
        arguments: [nil, "", String(repeating: "x", count: 65), "a b", "a\nb", "a\"b", "é", "a/b", "<x>", "a\0", " a"]
    )
    func replaced(id: String?) {
        let text = RequestID(id).text
        #expect(text != id)
        #expect(text.wholeMatch(of: /[0-9a-f]{16}/) != nil)
    }

    @Test("No two generated ids are the same")
    func unique() {
        #expect(Set((0..<1_000).map { _ in RequestID(nil).text }).count == 1_000)
    }
}
