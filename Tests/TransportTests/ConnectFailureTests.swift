import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Transport

/// The messages for servers that cannot be reached, with real servers.
struct ConnectFailureTests {
    /// Connects to a server by TLS that does not speak it.
    func failure(
        greeting: String = "",
        closesAtOnce: Bool = false,
        timeout: TimeAmount = .seconds(10)
    ) async throws -> ConnectFailure {
        let server = try await ScriptedServer(
            group: MultiThreadedEventLoopGroup.singleton,
            closesAtOnce: closesAtOnce,
            greeting: greeting
        ) { _ in .silence }
        let failure = try await Connecting.failure("https://localhost:\(server.port)/", timeout: timeout)
        try await server.stop()
        return failure
    }

    @Test("A server that does not speak TLS is reported as such", arguments: ["SSH-2.0-OpenSSH", "HTTP/1.1 400"])
    func noTLS(greeting: String) async throws {
        let failure = try await failure(greeting: "\(greeting)\r\n\r\n")
        #expect(failure.reason == .tls)
        #expect(failure.description == "this port does not speak TLS")
    }

    @Test("A server that closes during the handshake is reported as closed")
    func closes() async throws {
        #expect(try await failure(closesAtOnce: true).reason == .closed)
    }

    @Test("A server that is silent in the handshake is given up at the deadline for all steps together")
    func silent() async throws {
        let started = ContinuousClock.now
        let failure = try await failure(timeout: .milliseconds(300))
        #expect(ContinuousClock.now - started >= .milliseconds(300))
        #expect(failure.reason == .timedOut)
        #expect(failure.description == "timed out after 0.3 s")
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
        #expect(failure.reason == .refused)
        #expect(failure.description == "connection refused")
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
