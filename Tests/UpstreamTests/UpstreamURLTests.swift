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
        "The server's name in TLS has no final dot, and an address is not a name",
        arguments: [
            ("api.tiki.vn", "api.tiki.vn"), ("api.tiki.vn.", "api.tiki.vn"), ("127.0.0.1", nil), ("[::1]", nil),
        ] as [(String, String?)]
    )
    func serverName(host: String, name: String?) throws {
        #expect(try #require(UpstreamURL("https://\(host)/")).origin.serverName == name)
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
        ]
    )
    func refused(text: String) {
        #expect(UpstreamURL(text) == nil)
    }

    @Test(
        "A host that is neither a name nor an address is refused",
        arguments: [
            "https://a%20b/", "https://a%0d%0aX-Header:%20x/", "https://a%2Fb/", "https://a%00b/", "https://a%40b/",
            "https://exa_mple%21/",
        ]
    )
    func oddHosts(text: String) {
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
            ("https://h:80/", "h:80"),
            ("https://[::1]/", "[::1]"), ("http://[::1]:8080/", "[::1]:8080"),
        ] as [(String, String)]
    )
    func authority(text: String, authority: String) throws {
        let url = try #require(UpstreamURL(text))
        #expect(url.origin.authority == authority)
        #expect(url.origin.description == (url.origin.usesTLS ? "https://" : "http://") + authority)
    }

    @Test("Two spellings of an origin are equal, but two schemes are not")
    func sameOrigin() {
        #expect(UpstreamURL("https://H/a")?.origin == UpstreamURL("https://h:443/b")?.origin)
        #expect(UpstreamURL("https://h/a")?.origin != UpstreamURL("http://h:443/a")?.origin)
    }

    @Test(
        "A loopback name or address is recognized",
        arguments: [
            "localhost", "127.0.0.1", "127.255.0.9", "[::1]", "LOCALHOST", "[0:0:0:0:0:0:0:1]", "[0::1]",
            "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]",
        ]
    )
    func loopback(host: String) {
        #expect(UpstreamURL("http://\(host):1/")?.origin.isLoopback == true)
    }

    @Test(
        "A host that only looks like loopback is not taken for loopback",
        arguments: [
            "127.0.0.1.example.com", "127.example.com", "localhost.example.com", "128.0.0.1", "0.0.0.0", "[::2]",
            "[::1:1]", "[::ffff:128.0.0.1]", "[::127.0.0.1]",
            "127.0.0.256", "127.0.0.+1",
        ]
    )
    func notLoopback(host: String) {
        #expect(UpstreamURL("http://\(host):1/")?.origin.isLoopback != true)
    }
}
