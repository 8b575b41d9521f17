import Foundation
import NIOCore
import TestSupport
import Testing
import Transport

@testable import TiniAppAuth

struct ReloadTests {
    static let newCredentials = ClientCredentials(key: "new-key", secret: "new-secret")

    func reload(_ fixture: ServiceFixture) async throws {
        var configuration = fixture.configuration
        configuration.credentials = Self.newCredentials
        let renewal = try AuthService.Renewal(configuration)
        try await fixture.eventLoop.submit { fixture.service.value.renew(renewal) }.get()
    }

    @Test("A reload does not affect sent calls, and waiting ones are signed with the new secret")
    func signer() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.maxConnections = 1 },
            script: { _ in ScriptedServer.Reaction.json().after(.seconds(1)) }
        ) { fixture in
            async let results = fixture.calls(2)
            try await eventually("a call arrives") { fixture.server.requests.count >= 1 }
            try await reload(fixture)
            #expect(await results.map(\.text) == ["{}", "{}"])
            let requests = fixture.server.requests
            #expect(try requests[0].isSigned(with: ServiceFixture.credentials))
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

    @Test("A reload with other certificates closes idle connections at once and busy ones after their answer")
    func otherCertificates() async throws {
        try await withAuthority { fixture, authority, _ in
            let other = try TestAuthority()
            async let slow = fixture.call(.exchange, "slow")
            try await eventually("a call arrives") { fixture.server.requests.count >= 1 }
            #expect(await fixture.call().text == "{}")
            #expect(fixture.server.acceptedCount == 2)
            _ = try authority.write(Data(contentsOf: URL(fileURLWithPath: other.caFile)), to: "trusted.pem")
            try await reload(fixture)

            try await eventually("the idle one is closed") { !fixture.server.channels[1].isActive }
            #expect(fixture.server.channels[0].isActive)
            #expect(await fixture.call().error == .upstreamUnreachable)
            #expect(await slow.text == "{}")
            try await eventually("the busy one is closed") { !fixture.server.channels[0].isActive }
            let failure = fixture.log.entries.first { $0.message == "cannot connect to Tiki" }
            #expect(failure?.metadata["failure"] == "certificate_untrusted")

            _ = try authority.write(Data(contentsOf: URL(fileURLWithPath: authority.caFile)), to: "trusted.pem")
            try await reload(fixture)
            #expect(await fixture.call().text == "{}")
        }
    }

    @Test(
        "A reload with a bad certificate file changes nothing, and one with the same certificates keeps connections",
        arguments: ["", "no certificate", nil]
    )
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
            #expect(try fixture.server.requests[1].isSigned(with: ServiceFixture.credentials))
            _ = try authority.write(Data(contentsOf: URL(fileURLWithPath: authority.caFile)), to: "trusted.pem")
            try await reload(fixture)
            #expect(await fixture.call().text == "{}")
            #expect(try fixture.server.requests[2].isSigned(with: Self.newCredentials))
            #expect(fixture.server.acceptedCount == 1)
        }
    }
}
