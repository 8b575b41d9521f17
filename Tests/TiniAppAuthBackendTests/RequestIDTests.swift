import Testing

@testable import TiniAppAuthBackend

struct RequestIDTests {
    @Test("The web server's id is used unchanged, and one that is missing, too long or malformed is replaced")
    func ids() {
        for id in ["a", "3f2a9c", "A-b_c.9", String(repeating: "x", count: 64)] { #expect(RequestID(id).text == id) }
        let bad = ["", String(repeating: "x", count: 65), "a b", "a\nb", "a\"b", "é", "a/b", "<x>", "a\0", " a"]
        let generated = [nil, nil, nil].map { RequestID($0).text } + bad.map { RequestID($0).text }
        #expect(Set(generated).count == generated.count)
        for text in generated { #expect(text.wholeMatch(of: /[0-9a-f]{16}/) != nil, "\(text)") }
    }
}
