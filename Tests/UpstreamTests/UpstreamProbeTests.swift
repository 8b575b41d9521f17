import NIOCore
import NIOPosix
import TestSupport
import Testing
import Transport

@testable import Upstream

/// What `check --upstream` reports about all kinds of servers.
struct UpstreamProbeTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

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

    private func failure(_ url: String, timeout: TimeAmount = .seconds(10)) async -> UpstreamProbe.Failure? {
        await #expect(throws: UpstreamProbe.Failure.self) { try await probe(url, timeout: timeout) }
    }

    @Test(
        "A server is reachable whatever its answer to HEAD",
        arguments: ["200 OK", "204 No Content", "301 Moved", "401 No", "404 Not Found", "405 No", "500 Oops", "501 No"]
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

    @Test("A server that refuses HEAD with 400 is reachable, and not taken for a TLS server")
    func badRequest() async throws {
        let server = try await ScriptedServer(group: Self.group, greeting: "HTTP/1.1 400 Bad Request\r\n\r\n") { _ in
            .hangUp
        }
        let report = try await probe("http://127.0.0.1:\(server.port)/")
        #expect(report.isAnswered && report.date == nil)
        try await server.stop()
    }

    @Test("A server that does not answer HEAD is reachable, with and without TLS", arguments: [false, true])
    func silent(isTLS: Bool) async throws {
        let authority = try TestAuthority()
        let server = try await ScriptedServer(
            group: Self.group,
            tls: isTLS ? try authority.server("IP:127.0.0.1") : nil
        ) { _ in .silence }
        let report = try await probe(
            "\(isTLS ? "https" : "http")://127.0.0.1:\(server.port)/",
            caFile: isTLS ? authority.caFile : nil,
            timeout: .seconds(2)
        )
        #expect(!report.isAnswered && report.date == nil)
        #expect((report.certificateEnd != nil) == isTLS)
        try await server.stop()
    }

    @Test("A server that speaks another protocol is reported as answering, but not in HTTP", arguments: [true, false])
    func otherProtocol(speaksFirst: Bool) async throws {
        let banner = "SSH-2.0-OpenSSH_9.2\r\n"
        let server = try await ScriptedServer(group: Self.group, greeting: speaksFirst ? banner : "") { _ in
            .raw(banner)
        }
        let failure = await failure("http://127.0.0.1:\(server.port)/")
        #expect(failure == .notHTTP && failure?.description == "answers, but not in HTTP")
        try await server.stop()
    }

    @Test("A server that closes the connection without an answer is not reachable")
    func closes() async throws {
        let server = try await ScriptedServer(group: Self.group) { _ in .hangUp }
        #expect(await failure("http://127.0.0.1:\(server.port)/") == .closed)
        try await server.stop()
    }

    @Test(
        "An https URL for a server of plain HTTP or another protocol is reported as such",
        arguments: ["HTTP/1.1 400", "SSH-2.0"]
    )
    func notTLS(greeting: String) async throws {
        let server = try await ScriptedServer(group: Self.group, greeting: "\(greeting)\r\n\r\n") { _ in .silence }
        let failure = await #expect(throws: ConnectFailure.self) {
            try await probe("https://127.0.0.1:\(server.port)/")
        }
        #expect(failure?.description == "this port does not speak TLS")
        try await server.stop()
    }

    @Test(
        "An http URL for a TLS server is reported as such, whether it sends an alert or a handshake",
        arguments: ["\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}", "\u{16}\u{3}\u{3}\u{0}\u{50}"]
    )
    func isTLS(record: String) async throws {
        let server = try await ScriptedServer(group: Self.group) { _ in .raw(record) }
        let failure = await failure("http://127.0.0.1:\(server.port)/")
        #expect(failure == .isTLS)
        #expect(failure?.description == "answers in TLS: should the URL begin with https?")
        try await server.stop()
    }

    @Test("A TLS server that fails in the handshake is not reported as one without TLS", arguments: [false, true])
    func halfHandshake(stalls: Bool) async throws {
        let port = try HalfHandshakePort(stalls ? .stall : .close)
        let failure = await #expect(throws: ConnectFailure.self) {
            try await probe("https://127.0.0.1:\(port.port)/", timeout: .milliseconds(500))
        }
        #expect(failure?.reason == (stalls ? .timedOut : .closed))
    }

    @Test("A server that is silent with and without TLS is reported as timed out")
    func mute() async throws {
        let server = try await ScriptedServer(group: Self.group) { _ in .silence }
        let failure = await #expect(throws: ConnectFailure.self) {
            try await probe("https://127.0.0.1:\(server.port)/", timeout: .milliseconds(300))
        }
        #expect(failure?.reason == .timedOut)
        try await server.stop()
    }

    @Test("An untrusted certificate is still reported as the reason")
    func untrusted() async throws {
        let tls = try TestAuthority().server("IP:127.0.0.1")
        let server = try await ScriptedServer(group: Self.group, tls: tls) { _ in .json() }
        let failure = await #expect(throws: ConnectFailure.self) {
            try await probe("https://127.0.0.1:\(server.port)/")
        }
        #expect(failure?.reason == .certificateUntrusted)
        try await server.stop()
    }
}
