import Testing

@testable import Upstream

struct UpstreamURLTests {
    @Test(
        "A URL is split into its origin and its path and query",
        arguments: [
            ("https://api.tiki.vn/a/b", true, "api.tiki.vn", 443, "/a/b"),
            ("http://localhost:8080/a", false, "localhost", 8080, "/a"),
            ("HTTPS://API.Tiki.VN/A/b", true, "api.tiki.vn", 443, "/A/b"), ("https://h", true, "h", 443, "/"),
            ("https://h?x=1", true, "h", 443, "/?x=1"), ("https://h/a?x=%20&y=/?", true, "h", 443, "/a?x=%20&y=/?"),
            ("https://h/a?", true, "h", 443, "/a?"), ("http://[::1]:80/a", false, "::1", 80, "/a"),
            ("https://[2001:DB8::1]/", true, "2001:db8::1", 443, "/"), ("https://h:/a", true, "h", 443, "/a"),
            ("https://h/%C3%A9%2F", true, "h", 443, "/%C3%A9%2F"), ("https://h:65535/", true, "h", 65_535, "/"),
        ] as [(String, Bool, String, Int, String)]
    )
    func parts(text: String, usesTLS: Bool, host: String, port: Int, target: String) throws {
        let url = try #require(UpstreamURL(text))
        #expect(url.origin.usesTLS == usesTLS)
        #expect(url.origin.host == host)
        #expect(url.origin.port == port)
        #expect(url.pathAndQuery == target)
    }

    @Test(
        "Text that is not an absolute http or https URL, or has parts that we cannot use, is refused",
        arguments: [
            "", "api.tiki.vn/a", "//h/a", "/a", "ftp://h/", "unix:/run/x", "https:", "https:/h", "https://",
            "https:///a", "https://:443/",
            "https://user@h/", "https://user:password@h/", "https://:password@h/", "https://@h/", "https://h/#f",
            "https://h/#", "https://h:0/",
            "https://h:65536/", "https://h:99999999999999999999/", "https://h:x/", "https://[::1/", "https://h h/",
            "https://h\r\nx/",
            // Hosts that are neither names nor addresses.
            "https://a%20b/", "https://a%0d%0aX-Header:%20x/", "https://a%2Fb/", "https://a%00b/", "https://a%40b/",
            "https://exa_mple%21/", "http://127.0.0.+1/",
        ]
    )
    func refused(text: String) {
        #expect(UpstreamURL(text) == nil)
    }

    @Test(
        "Nothing that would break the request line gets into the path and query",
        arguments: ["https://h/a b", "https://h/a\r\nb", "https://h/a?x y", "https://h/é"]
    )
    func oddTargets(text: String) {
        guard let url = UpstreamURL(text) else { return }
        #expect(url.pathAndQuery.utf8.allSatisfy { (0x21..<0x7F).contains($0) })
    }

    @Test(
        "The Host field names a port that is not the default, and puts IPv6 addresses in brackets",
        arguments: [
            ("https://h/", "h"), ("https://h:443/", "h"), ("http://h:80/", "h"), ("http://h:443/", "h:443"),
            ("https://h:80/", "h:80"), ("https://[::1]/", "[::1]"), ("http://[::1]:8080/", "[::1]:8080"),
        ] as [(String, String)]
    )
    func authority(text: String, authority: String) throws {
        let url = try #require(UpstreamURL(text))
        #expect(url.origin.authority == authority)
        #expect(url.origin.description == (url.origin.usesTLS ? "https://" : "http://") + authority)
    }

    @Test(
        "A loopback name or address is recognized, and a host that only looks like it is not",
        arguments: [
            ("localhost", true), ("127.0.0.1", true), ("127.255.0.9", true), ("[::1]", true), ("LOCALHOST", true),
            ("[0:0:0:0:0:0:0:1]", true), ("[0::1]", true), ("[::ffff:127.0.0.1]", true), ("[::FFFF:7f00:1]", true),
            ("127.0.0.1.example.com", false), ("126.0.0.1", false), ("127.example.com", false),
            ("localhost.example.com", false),
            ("128.0.0.1", false), ("0.0.0.0", false), ("[::2]", false), ("[::1:1]", false),
            ("[::ffff:128.0.0.1]", false), ("[::127.0.0.1]", false), ("127.0.0.256", false),
        ]
    )
    func loopback(host: String, isLoopback: Bool) {
        #expect((UpstreamURL("http://\(host):1/")?.origin.isLoopback ?? false) == isLoopback)
    }
}
