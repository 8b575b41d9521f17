import FastCGI
import NIOCore
import NIOPosix
import ServiceLifecycle
import TiniAppAuth

/// Runs the responder on a separate thread, as it blocks.
struct ResponderService: Service {
    let responder: FastCGIResponder
    let thread: NIOThreadPool

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await thread.runIfActive { try responder.serve() }
        } onGracefulShutdown: {
            responder.shutDown()
        }
    }
}

/// Keeps the connections to Tiki until everything else has stopped, and the answers have come that only other instances
/// can still give to somebody, if there is grace left for them.
struct UpstreamService: Service {
    let service: AuthService
    let shutdown: ShutdownFlag
    /// Counted from the beginning of the shutdown, as the responder's.
    let grace: Duration

    func run() async throws {
        try await gracefulShutdown()
        let elapsed = shutdown.time.map { ContinuousClock.now - $0 } ?? .zero
        try await service.close(by: .now() + TimeAmount(grace - elapsed))
    }
}
