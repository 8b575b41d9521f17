import FastCGI
import NIOPosix
import ServiceLifecycle
import TiniAppAuth

/// Runs the responder on a thread of its own: it blocks.
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

/// Keeps the connections to Tiki until everything else has stopped.
struct UpstreamService: Service {
    let service: AuthService

    func run() async throws {
        try await gracefulShutdown()
        try await service.close()
    }
}
