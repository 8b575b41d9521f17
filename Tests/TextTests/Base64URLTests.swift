import Testing

@testable import Text

struct Base64URLTests {
    @Test(
        "The test vectors of RFC 4648 are encoded without padding, and the two digits unlike those of base64 are - and _",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ].map { (Array($0.utf8), $1) } + [([0xFB, 0xEF, 0xBE], "----"), ([0xFF, 0xFF, 0xFF], "____")]
            as [([UInt8], String)]
    )
    func vectors(bytes: [UInt8], encoded: String) {
        #expect(String(decoding: Base64URL.encode(bytes), as: UTF8.self) == encoded)
    }
}
