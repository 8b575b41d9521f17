import FastCGI
import NIOPosix
import ServiceLifecycle

/// Runs the responder on a thread of its own: it blocks.
struct ResponderService: Service {
    let responder: FastCGIResponder
    let readiness: Readiness
    let thread: NIOThreadPool

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await thread.runIfActive { try responder.serve() }
        } onGracefulShutdown: {
            readiness.beginShutdown()
            responder.shutDown()
        }
    }
}
