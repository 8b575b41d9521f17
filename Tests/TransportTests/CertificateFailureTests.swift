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
        trusting caFile: String?,
        host: String = "localhost"
    ) async throws -> ConnectFailure {
        let server = try await ScriptedServer(group: MultiThreadedEventLoopGroup.singleton, tls: tls) { _ in .json() }
        let failure = try await Connecting.failure("https://\(host):\(server.port)/", caFile: caFile)
        try await server.stop()
        #expect(failure.address?.hasSuffix(":\(server.port)") == true)
        return failure
    }

    @Test("An expired certificate is reported as expired")
    func expired() async throws {
        let authority = try TestAuthority()
        let tls = try authority.server("DNS:localhost", to: "20200201000000Z")
        let failure = try await failure(showing: tls, trusting: authority.caFile)
        #expect(failure.reason == .certificateExpired)
        #expect(failure.description == "the certificate has expired")
    }

    @Test("An expired certificate in the chain is one that is not trusted")
    func expiredIntermediate() async throws {
        let authority = try TestAuthority()
        let tls = try authority.serverBehindExpiredIntermediate("DNS:localhost")
        let failure = try await failure(showing: tls, trusting: authority.caFile)
        #expect(failure.reason == .certificateUntrusted)
    }

    @Test("A certificate that is not valid yet is reported as not yet valid")
    func notYetValid() async throws {
        let authority = try TestAuthority()
        let tls = try authority.server("DNS:localhost", from: "20980101000000Z")
        let failure = try await failure(showing: tls, trusting: authority.caFile)
        #expect(failure.reason == .certificateNotYetValid)
    }

    @Test(
        "A certificate for another name is reported as such",
        arguments: [("DNS:example.com", "localhost"), ("IP:127.0.0.2", "127.0.0.1")]
    )
    func wrongName(names: String, host: String) async throws {
        let authority = try TestAuthority()
        let failure = try await failure(showing: authority.server(names), trusting: authority.caFile, host: host)
        #expect(failure.reason == .certificateWrongName)
        #expect(failure.description.contains("for another name"))
    }

    @Test("A certificate that is self-signed or has an unknown issuer is reported as untrusted")
    func untrusted() async throws {
        let authority = try TestAuthority()
        let other = try TestAuthority()
        for (tls, caFile) in [
            (try authority.selfSignedServer("DNS:localhost"), authority.caFile),
            (try other.server("DNS:localhost"), authority.caFile), (try other.server("DNS:localhost"), nil),
        ] {
            let failure = try await failure(showing: tls, trusting: caFile)
            #expect(failure.reason == .certificateUntrusted)
            #expect(
                failure.description == "the certificate is self-signed, or its issuer is not trusted or has expired"
            )
        }
    }

    @Test("TLS older than 1.2 is refused")
    func oldTLS() async throws {
        let authority = try TestAuthority()
        let good = try authority.server("DNS:localhost").configuration
        var configuration = good
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = .tlsv11
        let failure = try await failure(
            showing: NIOSSLContext(configuration: configuration),
            trusting: authority.caFile
        )
        #expect(failure.reason == .tls || failure.reason == .closed)
    }
}
