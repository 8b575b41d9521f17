import Logging
import NIOCore
import NIOPosix
import Testing

@testable import TiniAppAuth

/// A service, and the server that it calls, each on an event loop of its own.
struct UpstreamFixture: Sendable {
    let service: AuthService
    let server: ScriptedServer
    let log: LogRecorder
    /// The service's event loop.
    let eventLoop: any EventLoop

    static func credentials() -> ClientCredentials {
        ClientCredentials(key: RequestSignerTests.key, secret: RequestSignerTests.secret)
    }

    /// Starts both, runs the body, and stops both.
    static func run(
        closesAtOnce: Bool = false,
        configure: (inout AuthService.Configuration) -> Void = { _ in },
        script: @escaping ScriptedServer.Script,
        _ body: (UpstreamFixture) async throws -> Void
    ) async throws {
        let serverGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let clientGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ScriptedServer(group: serverGroup, closesAtOnce: closesAtOnce, script: script)
        let log = LogRecorder()
        var configuration = try configuration(port: server.port)
        configure(&configuration)
        let eventLoop = clientGroup.any()
        let service = try AuthService(configuration, eventLoop: eventLoop, logger: log.logger)
        let fixture = UpstreamFixture(service: service, server: server, log: log, eventLoop: eventLoop)
        do {
            try await body(fixture)
        } catch {
            Issue.record(error)
        }
        try await service.close()
        try await server.stop()
        try await clientGroup.shutdownGracefully()
        try await serverGroup.shutdownGracefully()
        #expect(!log.text.contains("SECRET"), "codes and tokens appear in no log")
    }

    static func configuration(port: Int) throws -> AuthService.Configuration {
        let exchange = try #require(UpstreamURL("http://127.0.0.1:\(port)/oauth/auth/token"))
        let derived = try #require(AuthEndpoints.derived(from: exchange))
        var configuration = AuthService.Configuration(
            credentials: credentials(),
            endpoints: AuthEndpoints(exchange: exchange, refresh: derived.refresh, info: derived.info)
        )
        configuration.requestTimeout = .seconds(30)
        return configuration
    }

    /// Makes one call; its completion being called twice would trap.
    func call(_ route: AuthRoute = .exchange, _ value: String = "SECRET") async -> Result<UpstreamAnswer, AuthError> {
        await send(route, #"{"\#(route.requiredKey)":"\#(value)"}"#)
    }

    func send(_ route: AuthRoute, _ body: String) async -> Result<UpstreamAnswer, AuthError> {
        await withCheckedContinuation { continuation in
            service.handle(route, contentType: "application/json", body: Array(body.utf8)) {
                continuation.resume(returning: $0)
            }
        }
    }

    /// Makes calls at the same time, each with its number for a code; the results in the order of the numbers.
    func calls(_ count: Int, _ route: AuthRoute = .exchange) async -> [Result<UpstreamAnswer, AuthError>] {
        await sendAll((0..<count).map { (route, #"{"\#(route.requiredKey)":"SECRET\#($0)"}"#) })
    }

    /// Makes calls in one turn of the service's event loop, so that none is answered before the last is made.
    func sendAll(_ calls: [(AuthRoute, String)]) async -> [Result<UpstreamAnswer, AuthError>] {
        let results = ResultCollector(count: calls.count)
        return await withCheckedContinuation { continuation in
            eventLoop.execute {
                for (number, (route, body)) in calls.enumerated() {
                    service.handle(route, contentType: "application/json", body: Array(body.utf8)) { result in
                        if let all = results.add(result, number) { continuation.resume(returning: all) }
                    }
                }
            }
        }
    }

    /// Waits until something has happened that no completion tells.
    func eventually(_ condition: () -> Bool, _ comment: Comment = "did not happen in time") async throws {
        for _ in 0..<10_000 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record(comment)
    }
}

extension Result where Success == UpstreamAnswer, Failure == AuthError {
    /// The answer's body as text; nil for a failure.
    var text: String? { (try? get()).map { String(decoding: $0.body, as: UTF8.self) } }

    var error: AuthError? {
        if case .failure(let error) = self { error } else { nil }
    }
}
