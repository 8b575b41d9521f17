import Testing

@testable import Text

struct Base64URLTests {
    func encode(_ bytes: [UInt8]) -> String { String(decoding: Base64URL.encode(bytes), as: UTF8.self) }

    @Test(
        "The test vectors of RFC 4648 are encoded without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func vectors(text: String, encoded: String) {
        #expect(encode(Array(text.utf8)) == encoded)
    }

    @Test("The two digits that differ from base64 are - and _")
    func urlSafeDigits() {
        #expect(encode([0xFB, 0xEF, 0xBE]) == "----")
        #expect(encode([0xFF, 0xFF, 0xFF]) == "____")
        #expect(encode([0xFF]) == "_w")
        #expect(encode([0xFB, 0xF0]) == "-_A")
    }
}
