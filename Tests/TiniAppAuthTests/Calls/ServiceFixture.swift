import InMemoryLogging
import Logging
import Metrics
import MetricsTestKit
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing
import Upstream

@testable import TiniAppAuth

/// A service and the server that it calls, each on its own event loop.
struct ServiceFixture: Sendable {
    let service: NIOLoopBound<AuthService>
    let configuration: AuthService.Configuration
    let server: ScriptedServer
    let log: InMemoryLogHandler
    let metrics: TestMetrics
    /// The service's event loop.
    let eventLoop: any EventLoop

    static let credentials = ClientCredentials(key: RequestSignerTests.key, secret: RequestSignerTests.secret)

    /// Starts both, runs the body, and stops both.
    static func run(
        closesAtOnce: Bool = false,
        tls: NIOSSLContext? = nil,
        configure: (inout AuthService.Configuration) -> Void = { _ in },
        script: @escaping ScriptedServer.Script,
        _ body: (ServiceFixture) async throws -> Void
    ) async throws {
        let groups = (0..<2).map { _ in MultiThreadedEventLoopGroup(numberOfThreads: 1) }
        let server = try await ScriptedServer(group: groups[0], closesAtOnce: closesAtOnce, tls: tls, script: script)
        let (log, logger) = InMemoryLogHandler.make()
        let metrics = TestMetrics()
        var configuration = try configuration(port: server.port, scheme: tls == nil ? "http" : "https")
        configure(&configuration)
        let eventLoop = groups[1].any()
        let service = try await eventLoop.submit { [configuration] in
            let service = try AuthService(configuration, eventLoop: eventLoop, logger: logger, metrics: metrics)
            return NIOLoopBound(service, eventLoop: eventLoop)
        }.get()
        let fixture = ServiceFixture(
            service: service,
            configuration: configuration,
            server: server,
            log: log,
            metrics: metrics,
            eventLoop: eventLoop
        )
        do {
            try await body(fixture)
        } catch {
            Issue.record(error)
        }
        try await fixture.close()
        try await server.stop()
        for group in groups { try await group.shutdownGracefully() }
        #expect(!log.text.contains("SECRET"), "codes and tokens appear in no log")
    }

    static func configuration(port: Int, scheme: String = "http") throws -> AuthService.Configuration {
        let exchange = try #require(UpstreamURL("\(scheme)://127.0.0.1:\(port)/oauth/auth/token"))
        let derived = try #require(AuthEndpoints.derived(from: exchange))
        var configuration = AuthService.Configuration(
            credentials: credentials,
            endpoints: AuthEndpoints(exchange: exchange, refresh: derived.refresh, info: derived.info)
        )
        configuration.requestTimeout = .seconds(30)
        // Unless a test changes it, each request makes a call.
        configuration.replayWindow = .zero
        // Unless a test changes it, only calls open connections.
        configuration.upstream.warmConnections = 0
        return configuration
    }

    /// Makes one call. Traps if its completion is called twice.
    func call(_ route: AuthRoute = .exchange, _ value: String = "SECRET") async -> Result<TikiAnswer, AuthError> {
        await outcome(route, #"{"\#(route.requiredKey)":"\#(value)"}"#).result
    }

    func outcome(_ route: AuthRoute, _ body: String, age: Duration = .zero) async -> AuthOutcome {
        await withCheckedContinuation { continuation in
            handle(route, body, acceptedAt: .now() - TimeAmount(age)) { continuation.resume(returning: $0) }
        }
    }

    /// The same, in one turn of the event loop: after something that may block it, and before something else.
    func outcome(
        _ route: AuthRoute,
        _ body: String,
        after first: @escaping @Sendable () -> Void,
        then last: @escaping @Sendable () -> Void
    ) async -> AuthOutcome {
        await withCheckedContinuation { continuation in
            eventLoop.execute {
                first()
                handle(route, body) { continuation.resume(returning: $0) }
                eventLoop.execute(last)
            }
        }
    }

    /// Makes calls at the same time, each with its number as the code. The results are ordered by number.
    func calls(_ count: Int, _ route: AuthRoute = .exchange) async -> [Result<TikiAnswer, AuthError>] {
        await outcomes((0..<count).map { (route, #"{"\#(route.requiredKey)":"SECRET\#($0)"}"#) }).map(\.result)
    }

    /// Makes calls in one turn of the service's event loop, so that none is answered before the last one is made. All have
    /// the same deadline.
    func outcomes(_ calls: [(AuthRoute, String)]) async -> [AuthOutcome] {
        let promises = calls.map { _ in eventLoop.makePromise(of: AuthOutcome.self) }
        let now = NIODeadline.now()
        eventLoop.execute {
            for (promise, (route, body)) in zip(promises, calls) {
                handle(route, body, acceptedAt: now) { promise.succeed($0) }
            }
        }
        var outcomes: [AuthOutcome] = []
        for promise in promises {
            if let outcome = try? await promise.futureResult.get() { outcomes.append(outcome) }
        }
        return outcomes
    }

    /// Makes a call from any thread.
    func handle(
        _ route: AuthRoute,
        _ body: String,
        acceptedAt: NIODeadline = .now(),
        completion: @escaping @Sendable (AuthOutcome) -> Void
    ) {
        let handle = { @Sendable in
            service.value.handle(
                route,
                contentType: "application/json",
                body: Array(body.utf8),
                acceptedAt: acceptedAt,
                completion: completion
            )
        }
        if eventLoop.inEventLoop { handle() } else { eventLoop.execute(handle) }
    }

    func close() async throws {
        try await eventLoop.flatSubmit { service.value.close() }.get()
    }
}

extension Result where Success == TikiAnswer, Failure == AuthError {
    /// The answer's body as text; nil for a failure.
    var text: String? { (try? get()).map { String(decoding: $0.body, as: UTF8.self) } }

    var error: AuthError? {
        if case .failure(let error) = self { error } else { nil }
    }
}

extension AuthService.Configuration {
    /// Sends the calls to another port of this machine.
    mutating func callPort(_ port: Int, scheme: String = "http") {
        guard let other = try? ServiceFixture.configuration(port: port, scheme: scheme) else { return }
        endpoints = other.endpoints
    }
}

extension ScriptedServer.Request {
    /// Whether it was signed with these credentials.
    func isSigned(with credentials: ClientCredentials) throws -> Bool {
        let time = try #require(fields["X-Tiniapp-Timestamp"].flatMap(Int64.init))
        let signature = RequestSigner(credentials).sign(Array(body.utf8), timestamp: time)
        return fields["X-Tiniapp-Signature"] == signature.signature
            && fields["X-Tiniapp-Client-Id"] == credentials.key
    }
}
