import TestSupport

/// A responder and nginx, and a faulty path from them to an upstream.
struct FaultyWay: Sendable {
    /// The upstream, and what must live as long as the path to it.
    private enum Upstream: Sendable {
        case requests(FaultUpstream, TLSTerminator?)
        case port(any Sendable)
    }

    let backend: Backend
    let nginx: Nginx
    private let upstream: Upstream

    /// The requests that reached the upstream.
    var arrivals: [FaultUpstream.Arrival] {
        if case .requests(let upstream, _) = upstream { upstream.arrivals } else { [] }
    }

    /// Connections that end before a request, and requests that ask for faults.
    static func requests(overTLS: Bool, _ environment: [String: String?] = [:]) async throws -> FaultyWay {
        let upstream = try FaultUpstream { number in
            switch number % 16 {
            case 3: .reset
            case 11: .close
            default: .open
            }
        }
        guard overTLS else {
            return try await start(upstream.authEndpoint, environment, .requests(upstream, nil))
        }
        let certificate = try await Certificate.make(for: "IP:127.0.0.1")
        let terminator = try await TLSTerminator.start(certificate, to: upstream.port)
        let trusting = environment.merging(["UPSTREAM_CA_FILE": certificate.path]) { _, own in own }
        let endpoint = "https://127.0.0.1:\(terminator.port)/oauth/auth/token"
        return try await start(endpoint, trusting, .requests(upstream, terminator))
    }

    /// A port that refuses.
    static func refused(_ environment: [String: String?] = [:]) async throws -> FaultyWay {
        let closed = try ReservedPort()
        return try await start("http://127.0.0.1:\(closed.port)/oauth/auth/token", environment, .port(closed))
    }

    /// A port that neither accepts nor refuses.
    static func stalled(_ environment: [String: String?] = [:]) async throws -> FaultyWay {
        let stalled = try StalledPort()
        return try await start("http://127.0.0.1:\(stalled.port)/oauth/auth/token", environment, .port(stalled))
    }

    /// Half a TLS handshake.
    static func halfHandshake(
        _ ending: HalfHandshakePort.Ending,
        _ environment: [String: String?] = [:]
    ) async throws -> FaultyWay {
        let half = try HalfHandshakePort(ending)
        return try await start("https://127.0.0.1:\(half.port)/oauth/auth/token", environment, .port(half))
    }

    func stop() async {
        await nginx.stop()
        await backend.stop()
        if case .requests(_, let terminator) = upstream { await terminator?.stop() }
    }

    private static func start(
        _ endpoint: String,
        _ environment: [String: String?],
        _ upstream: Upstream
    ) async throws -> FaultyWay {
        let backend = try await Backend.start(environment: environment, upstream: endpoint)
        return FaultyWay(
            backend: backend,
            nginx: try await Nginx.start(backendSocket: backend.socketPath),
            upstream: upstream
        )
    }
}
