import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import Transport

/// The messages for certificates that are not accepted, with real servers.
struct CertificateFailureTests {
    /// Connects to a TLS server that presents a certificate.
    func failure(
        showing tls: NIOSSLContext,
        trusting authority: TestAuthority,
        host: String = "localhost"
    ) async throws -> ConnectFailure {
        let server = try await ScriptedServer(group: MultiThreadedEventLoopGroup.singleton, tls: tls) { _ in .json() }
        let failure = try await Connecting.failure("https://\(host):\(server.port)/", caFile: authority.caFile)
        try await server.stop()
        #expect(failure.address?.hasSuffix(":\(server.port)") == true)
        return failure
    }

    @Test("A certificate that has expired, is not valid yet or has an issuer that is not trusted is reported as such")
    func notAccepted() async throws {
        let authority = try TestAuthority()
        let untrusted = "the certificate is self-signed, or its issuer is not trusted or has expired"
        let expired = try authority.server("DNS:localhost", to: "20200201000000Z")
        let early = try authority.server("DNS:localhost", from: "20980101000000Z")
        for (tls, reason, description) in [
            (expired, .certificateExpired, "the certificate has expired"),
            (early, .certificateNotYetValid, "the certificate is not valid yet"),
            (try authority.serverBehindExpiredIntermediate("DNS:localhost"), .certificateUntrusted, untrusted),
            (try authority.selfSignedServer("DNS:localhost"), .certificateUntrusted, untrusted),
            (try TestAuthority().server("DNS:localhost"), .certificateUntrusted, untrusted),
        ] as [(NIOSSLContext, ConnectFailure.Reason, String)] {
            let failure = try await failure(showing: tls, trusting: authority)
            #expect((failure.reason, failure.description) == (reason, description))
        }
    }

    /// Each one's subject is CN=localhost, which does not count.
    @Test(
        "A certificate for another name, or for the peer's address instead of its name, is reported as such",
        arguments: [
            ("DNS:example.com", "localhost"), ("IP:127.0.0.2", "127.0.0.1"), ("IP:127.0.0.1", "localhost"),
            ("IP:127.0.0.1,DNS:other.example", "localhost"), ("email:a@b.example", "localhost"),
        ]
    )
    func wrongName(names: String, host: String) async throws {
        let authority = try TestAuthority()
        let failure = try await failure(showing: authority.server(names), trusting: authority, host: host)
        #expect(failure.reason == .certificateWrongName)
        #expect(failure.description.contains("for another name"))
    }

    @Test("TLS older than 1.2, or without a forward-secret cipher, is refused", arguments: [false, true])
    func oldTLS(isCipher: Bool) async throws {
        let authority = try TestAuthority()
        var configuration = try authority.server("DNS:localhost").configuration
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = isCipher ? .tlsv12 : .tlsv11
        if isCipher { configuration.cipherSuites = "RSA+AESGCM" }
        let failure = try await failure(showing: NIOSSLContext(configuration: configuration), trusting: authority)
        #expect(failure.reason == .tls || !isCipher && failure.reason == .closed)
    }
}
