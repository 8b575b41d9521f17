import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Upstream

/// What `check --upstream` reports about all kinds of servers.
struct UpstreamProbeTests {
    private static let group = MultiThreadedEventLoopGroup.singleton
    static let isTLS = "answers in TLS: should the URL begin with https?"

    private func probe(
        _ url: String,
        caFile: String? = nil,
        timeout: TimeAmount = .seconds(10)
    ) async throws -> UpstreamProbe.Report {
        var configuration = UpstreamClient.Configuration()
        configuration.caFile = caFile
        configuration.connectTimeout = timeout
        let url = try #require(UpstreamURL(url))
        return try await UpstreamProbe(url, configuration, eventLoop: Self.group.any()).run()
    }

    @Test(
        "A server is reachable whatever its answer to HEAD, and one that refuses it with 400 is not taken for a TLS server",
        arguments: ["200 OK", "204 No Content", "405 No", "400 Bad Request"]
    )
    func statuses(status: String) async throws {
        let server = try await ScriptedServer(group: Self.group) { request in
            .json(request.line, status: status, fields: "Date: Tue, 24 Nov 2026 08:15:30 GMT\r\n")
        }
        let report = try await probe("http://127.0.0.1:\(server.port)/a?b")
        #expect(report.isAnswered && report.certificateEnd == nil)
        #expect(report.date == "Tue, 24 Nov 2026 08:15:30 GMT")
        #expect(server.requests.map(\.line) == ["HEAD /a?b HTTP/1.1"])
        #expect(server.requests.first?.fields["Host"] == "127.0.0.1:\(server.port)")
        try await server.stop()
    }

    @Test("A server that does not answer HEAD is reachable, with and without TLS", arguments: [false, true])
    func silent(isTLS: Bool) async throws {
        let authority = try TestAuthority()
        let tls = isTLS ? try authority.server("IP:127.0.0.1") : nil
        let server = try await ScriptedServer(group: Self.group, tls: tls) { _ in .silence }
        let report = try await probe(
            "\(isTLS ? "https" : "http")://127.0.0.1:\(server.port)/",
            caFile: isTLS ? authority.caFile : nil,
            timeout: .seconds(2)
        )
        #expect(!report.isAnswered && report.date == nil)
        #expect((report.certificateEnd != nil) == isTLS)
        try await server.stop()
    }

    @Test(
        "A server that speaks another protocol, also if it speaks first, or closes without an answer is reported as such",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2\r\n", .silence, .notHTTP, "answers, but not in HTTP"),
            ("", .raw("SSH-2.0-OpenSSH_9.2\r\n"), .notHTTP, "answers, but not in HTTP"),
            ("", .hangUp, .closed, "connected, but closed by the server without an answer"),
            // TLS: an alert, and a handshake.
            ("", .raw("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}"), .isTLS, isTLS),
            ("", .raw("\u{16}\u{3}\u{3}\u{0}\u{50}"), .isTLS, isTLS),
        ] as [(String, ScriptedServer.Reaction, UpstreamProbe.Failure, String)]
    )
    func noAnswer(
        greeting: String,
        reaction: ScriptedServer.Reaction,
        failure: UpstreamProbe.Failure,
        description: String
    ) async throws {
        let server = try await ScriptedServer(group: Self.group, greeting: greeting) { _ in reaction }
        await #expect(throws: failure) { try await probe("http://127.0.0.1:\(server.port)/") }
        #expect(failure.description == description)
        try await server.stop()
    }
}
