import Synchronization

/// The requests that were handed over and not yet answered.
final class InFlightRequests: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: FastCGIConnection] = [:]
        var whenEmpty: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.connections.count } }
    var all: [FastCGIConnection] { state.withLock { Array($0.connections.values) } }

    func insert(_ connection: FastCGIConnection) {
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: FastCGIConnection) {
        let whenEmpty = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            return state.connections.isEmpty ? state.whenEmpty : nil
        }
        whenEmpty?()
    }

    /// From now on, calls the function each time that the last request has been answered, on that answer's thread.
    func notifyWhenEmpty(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.whenEmpty = body }
    }
}
