import Testing

@testable import TiniAppAuthBackend

struct WebOriginTests {
    @Test(
        "An origin is valid only exactly as a browser writes it",
        arguments: [
            ("https://tiki.vn", true), ("http://localhost:3000", true), ("http://[::1]:3000", true),
            ("https://xn--tik-ola.vn", true), ("http://127.0.0.1", true),
            ("https://tiki.vn/", false), ("https://tiki.vn:443", false), ("http://tiki.vn:80", false),
            ("https://Tiki.vn", false), ("HTTPS://tiki.vn", false), ("tiki.vn", false), ("*", false), ("null", false),
            ("https://*.tiki.vn", false), ("https://tiki.vn?a", false), ("https://tiki.vn#a", false),
            ("https://a@tiki.vn", false), ("https://tiki.vn:0", false), ("https://tiki.vn:", false),
            ("https://", false), ("ftp://tiki.vn", false), ("https://tiki.vn\n", false), ("https://ti ki.vn", false),
            ("https://ti\"ki.vn", false), ("https://ti;ki.vn", false), ("https://ti$ki.vn", false),
            ("https://ti{ki.vn", false), ("https://" + String(repeating: "a", count: 300), false),
        ]
    )
    func isOrigin(text: String, expected: Bool) {
        #expect(SettingType<[String]>.isOrigin(text) == expected)
    }
}
