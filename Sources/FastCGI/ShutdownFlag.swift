import Synchronization

/// Whether the process has begun to shut down. The responder acts on it, and the health check tells it.
package final class ShutdownFlag: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isSet: Bool { flag.load(ordering: .acquiring) }

    func set() { flag.store(true, ordering: .releasing) }
}
