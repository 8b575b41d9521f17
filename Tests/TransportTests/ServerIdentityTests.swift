import NIOPosix
import NIOSSL
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

    /// Connects to a server on the loopback that presents a certificate for these names.
    func connect(showing names: String, host: String) async throws {
        let authority = try TestAuthority()
        let server = try await ScriptedServer(
            group: MultiThreadedEventLoopGroup.singleton,
            tls: authority.server(names)
        ) { _ in .json() }
        let result = await Result {
            try await Connecting.connect("https://\(host):\(server.port)/", caFile: authority.caFile)
        }
        try await server.stop()
        try result.get()
    }

    @Test(
        "A certificate for the peer's address is not accepted for its name",
        arguments: ["IP:127.0.0.1", "IP:127.0.0.1,DNS:other.example"]
    )
    func addressOnly(names: String) async throws {
        let failure = await #expect(throws: ConnectFailure.self) {
            try await connect(showing: names, host: "localhost")
        }
        #expect(failure?.reason == .certificateWrongName)
    }

    @Test("A name that is only in the subject does not count")
    func subjectOnly() async throws {
        // Each one's subject is CN=test.
        let failure = await #expect(throws: ConnectFailure.self) {
            try await connect(showing: "email:a@b.example", host: "localhost")
        }
        #expect(failure?.reason == .certificateWrongName)
    }

    @Test(
        "A certificate for the name or the address in the URL is accepted, even if the name ends with a dot",
        arguments: ["localhost", "localhost.", "127.0.0.1"]
    )
    func good(host: String) async throws {
        try await connect(showing: "DNS:localhost,IP:127.0.0.1", host: host)
    }

    @Test("A server without a forward-secret cipher is refused")
    func forwardSecrecy() async throws {
        let authority = try TestAuthority()
        var configuration = try authority.server("DNS:localhost").configuration
        configuration.maximumTLSVersion = .tlsv12
        configuration.cipherSuites = "RSA+AESGCM"
        let tls = try NIOSSLContext(configuration: configuration)
        let server = try await ScriptedServer(group: MultiThreadedEventLoopGroup.singleton, tls: tls) { _ in .json() }
        let failure = try await Connecting.failure("https://localhost:\(server.port)/", caFile: authority.caFile)
        try await server.stop()
        #expect(failure.reason == .tls)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
