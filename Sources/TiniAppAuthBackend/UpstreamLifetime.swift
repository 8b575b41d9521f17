import ServiceLifecycle
import TiniAppAuth

/// Keeps the connections to Tiki until everything else has stopped.
struct UpstreamLifetime: Service {
    let service: AuthService

    func run() async throws {
        try await gracefulShutdown()
        try await service.close()
    }
}
