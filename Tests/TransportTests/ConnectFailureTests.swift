import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Transport

/// The messages for servers that cannot be reached, with real servers.
struct ConnectFailureTests {
    @Test(
        "A server that does not speak TLS is reported as such, one that closes as closed, and a silent one at the deadline",
        arguments: [
            ("SSH-2.0-OpenSSH\r\n\r\n", false, .tls, "this port does not speak TLS"),
            ("HTTP/1.1 400\r\n\r\n", false, .tls, "this port does not speak TLS"),
            ("", true, .closed, nil), ("", false, .timedOut, "timed out after 0.3 s"),
        ] as [(String, Bool, ConnectFailure.Reason, String?)]
    )
    func noHandshake(
        greeting: String,
        closesAtOnce: Bool,
        reason: ConnectFailure.Reason,
        description: String?
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ScriptedServer(group: group, closesAtOnce: closesAtOnce, greeting: greeting) { _ in
            .silence
        }
        let timeout = reason == .timedOut ? TimeAmount.milliseconds(300) : .seconds(10)
        let started = ContinuousClock.now
        let failure = try await Connecting.failure("https://localhost:\(server.port)/", timeout: timeout)
        #expect(failure.reason == reason)
        if let description { #expect(failure.description == description) }
        #expect(reason != .timedOut || ContinuousClock.now - started >= .milliseconds(300))
        try await server.stop()
    }

    @Test("A TLS server that fails within the handshake is not reported as one without TLS", arguments: [false, true])
    func halfHandshake(stalls: Bool) async throws {
        let port = try HalfHandshakePort(stalls ? .stall : .close)
        let failure = try await Connecting.failure("https://127.0.0.1:\(port.port)/", timeout: .milliseconds(500))
        #expect(failure.reason == (stalls ? .timedOut : .closed))
    }

    @Test("A port that nothing listens on is reported as refused", arguments: ["127.0.0.1", "localhost"])
    func refused(host: String) async throws {
        let unused = try ReservedPort()
        let failure = try await Connecting.failure("http://\(host):\(unused.port)/")
        #expect((failure.reason, failure.description) == (.refused, "connection refused"))
        #expect(failure.address?.hasSuffix(":\(unused.port)") == true)
    }

    @Test("A name that does not exist is reported as not found")
    func name() async throws {
        // A name with an empty label cannot exist, so no name server is asked or needed.
        let failure = try await Connecting.failure("https://does-not..exist/", timeout: .seconds(30))
        #expect(failure.reason == .nameNotFound)
        #expect(failure.description.hasPrefix("name not found"))
    }

    @Test("An unreachable network or host is reported as having no route", arguments: [ENETUNREACH, EHOSTUNREACH])
    func noRoute(code: CInt) {
        let failure = ConnectFailure(IOError(errnoCode: code, reason: "connect"), timeout: .seconds(3))
        #expect(failure.reason == .noRoute)
    }
}
