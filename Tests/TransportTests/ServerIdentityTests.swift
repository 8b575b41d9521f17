import NIOPosix
import TestSupport
import Testing

@testable import Transport

@Suite("Server identity")
struct ServerIdentityTests {
    @Test(
        "A certificate's name is compared label by label, and a wildcard matches only the first one",
        arguments: [
            ("api.tiki.vn", "api.tiki.vn", true), ("API.tiki.VN", "api.TIKI.vn", true),
            ("api.tiki.vn.", "api.tiki.vn", true),
            ("api.tiki.vn", "*.tiki.vn", true), ("a.api.tiki.vn", "*.tiki.vn", false), ("tiki.vn", "*.tiki.vn", false),
            ("api.tiki.vn", "a*.tiki.vn", false), ("api.tiki.vn", "*pi.tiki.vn", false),
            ("api.tiki.vn", "api.*.vn", false),
            ("api.tiki.vn", "*.*.vn", false), ("api.tiki.vn", "tiki.vn", false), ("localhost", "*", false),
            ("api.tiki.vn", "api.tiki.vn.evil.example", false), ("api.tiki.vn", "", false), ("a..vn", "*..vn", false),
        ]
    )
    func patterns(host: String, pattern: String, isMatch: Bool) {
        #expect(ServerIdentity.matches(host, pattern: pattern) == isMatch)
    }

    @Test(
        "The server's name in TLS has no final dot, and an address is not a name",
        arguments: [
            ("api.tiki.vn", "api.tiki.vn"), ("api.tiki.vn.", "api.tiki.vn"), ("127.0.0.1", nil), ("::1", nil),
        ] as [(String, String?)]
    )
    func serverName(host: String, name: String?) {
        #expect(ServerIdentity.serverName(of: host) == name)
    }

    @Test(
        "A certificate for the name or the address in the URL is accepted, even if the name ends with a dot",
        arguments: ["localhost", "localhost.", "127.0.0.1"]
    )
    func good(host: String) async throws {
        let authority = try TestAuthority()
        let tls = try authority.server("DNS:localhost,IP:127.0.0.1")
        let server = try await ScriptedServer(group: MultiThreadedEventLoopGroup.singleton, tls: tls) { _ in .json() }
        try await Connecting.connect("https://\(host):\(server.port)/", caFile: authority.caFile)
        try await server.stop()
    }
}
