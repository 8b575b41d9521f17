import Synchronization

/// Whether the process still wants new requests. Told to load balancers by `/health/ready`.
final class Readiness: Sendable {
    private let shuttingDown = Atomic(false)

    var isShuttingDown: Bool { shuttingDown.load(ordering: .acquiring) }

    func beginShutdown() {
        shuttingDown.store(true, ordering: .releasing)
    }
}
