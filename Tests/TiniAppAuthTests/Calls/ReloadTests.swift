import Foundation
import NIOCore
import TestSupport
import Testing
import Transport
import Upstream

@testable import TiniAppAuth

struct ReloadTests {
    static let newCredentials = ClientCredentials(key: "new-key", secret: "new-secret")

    func reload(_ fixture: ServiceFixture) async throws {
        var configuration = fixture.configuration
        configuration.credentials = Self.newCredentials
        try await fixture.service.reload(configuration)
    }

    @Test("A reload does not affect sent calls, and waiting ones are signed with the new secret")
    func signer() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.maxConnections = 1 },
            script: { _ in ScriptedServer.Reaction.json().after(.seconds(1)) }
        ) { fixture in
            async let results = fixture.calls(2)
            try await fixture.eventually { fixture.server.requests.count >= 1 }
            try await reload(fixture)
            #expect(await results.map(\.text) == ["{}", "{}"])
            let requests = fixture.server.requests
            #expect(try requests[0].isSigned(with: ServiceFixture.credentials()))
            #expect(try requests[1].isSigned(with: Self.newCredentials))
            #expect(fixture.server.acceptedCount == 1)
        }
    }

    /// Runs with a file of trusted certificates that can be changed.
    func withAuthority(_ body: (ServiceFixture, TestAuthority, String) async throws -> Void) async throws {
        let authority = try TestAuthority()
        let file = try authority.write(Data(contentsOf: URL(fileURLWithPath: authority.caFile)), to: "trusted.pem")
        try await ServiceFixture.run(
            tls: authority.server("IP:127.0.0.1"),
            configure: { $0.upstream.caFile = file },
            script: { $0.body.contains("slow") ? ScriptedServer.Reaction.json().after(.milliseconds(1_500)) : .json() }
        ) { try await body($0, authority, file) }
    }

    @Test("A reload with the same certificates keeps the connections")
    func sameCertificates() async throws {
        try await withAuthority { fixture, _, _ in
            #expect(await fixture.call().text == "{}")
            try await reload(fixture)
            #expect(await fixture.call().text == "{}")
            #expect(fixture.server.acceptedCount == 1)
            #expect(try fixture.server.requests[1].isSigned(with: Self.newCredentials))
        }
    }

    @Test("A reload with other certificates closes idle connections at once and busy ones after their answer")
    func otherCertificates() async throws {
        try await withAuthority { fixture, authority, _ in
            let other = try TestAuthority()
            async let slow = fixture.call(.exchange, "slow")
            try await fixture.eventually { fixture.server.requests.count >= 1 }
            #expect(await fixture.call().text == "{}")
            #expect(fixture.server.acceptedCount == 2)
            _ = try authority.write(Data(contentsOf: URL(fileURLWithPath: other.caFile)), to: "trusted.pem")
            try await reload(fixture)

            try await fixture.eventually { !fixture.server.channels[1].isActive }
            #expect(fixture.server.channels[0].isActive)
            #expect(await fixture.call().error == .upstreamUnreachable)
            #expect(await slow.text == "{}")
            try await fixture.eventually { !fixture.server.channels[0].isActive }
            let failure = fixture.log.entries.first { $0.message == "cannot connect to Tiki" }
            #expect(failure?.metadata["failure"] == "certificate_untrusted")

            _ = try authority.write(Data(contentsOf: URL(fileURLWithPath: authority.caFile)), to: "trusted.pem")
            try await reload(fixture)
            #expect(await fixture.call().text == "{}")
        }
    }

    @Test("A reload with a bad certificate file changes nothing", arguments: ["", "no certificate", nil])
    func badFile(content: String?) async throws {
        try await withAuthority { fixture, authority, file in
            #expect(await fixture.call().text == "{}")
            if let content {
                _ = try authority.write(Data(content.utf8), to: "trusted.pem")
            } else {
                try FileManager.default.removeItem(atPath: file)
            }
            await #expect(throws: TrustError.self) {
                try await reload(fixture)
            }
            #expect(await fixture.call().text == "{}")
            #expect(fixture.server.acceptedCount == 1)
            #expect(try fixture.server.requests[1].isSigned(with: ServiceFixture.credentials()))
        }
    }

    @Test("A missing certificate file is an error at the start, with or without TLS")
    func badFileAtStart() throws {
        #expect(throws: TrustError.self) { try UpstreamTrust(caFile: "/does/not/exist.pem", usesTLS: true) }
        #expect(throws: TrustError.self) { try UpstreamTrust(caFile: "/does/not/exist.pem", usesTLS: false) }
    }
}
