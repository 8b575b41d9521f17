import Synchronization

/// The requests that were handed over and not yet answered.
final class InFlightRequests: Sendable {
    private struct State {
        var writers: [ObjectIdentifier: ResponseWriter] = [:]
        var whenEmpty: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.writers.count } }
    var all: [ResponseWriter] { state.withLock { Array($0.writers.values) } }

    func insert(_ writer: ResponseWriter) {
        state.withLock { $0.writers[ObjectIdentifier(writer)] = writer }
    }

    func remove(_ writer: ResponseWriter) {
        let whenEmpty = state.withLock { state in
            state.writers[ObjectIdentifier(writer)] = nil
            return state.writers.isEmpty ? state.whenEmpty : nil
        }
        whenEmpty?()
    }

    /// From now on, calls the function each time that the last request has been answered, on that answer's thread.
    func notifyWhenEmpty(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.whenEmpty = body }
    }
}
