import LogThrottle
import Logging
import Synchronization

/// Logs the origins of web pages that called without being allowed, so that the operator learns what to add to
/// `ALLOWED_ORIGINS`. nginx decides which are allowed, and passes on only the others.
///
/// Anybody can write an `Origin`. So only valid origins are logged, each once, and when there are many, one a minute.
final class UnlistedOrigins: Sendable {
    private struct State {
        /// The latest that were named.
        var named: [String] = []
        var throttle: LogThrottle
    }

    private static let limit = 16
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter clock: tells the time.
    init(logger: Logger, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.logger = logger
        state = Mutex(State(throttle: LogThrottle(clock: clock)))
    }

    /// - Parameter origin: the origin that nginx passed on; nil if the request has none, or one that is allowed.
    func note(_ origin: String?) {
        // A page from a file, or in a sandboxed frame, has the origin "null". It is not possible to allow only that one.
        guard let origin, origin == "null" || WebOrigin.isOrigin(origin) else { return }
        state.withLock { state in
            guard !state.named.contains(origin) else { return }
            let metadata: Logger.Metadata = ["origin": "\(origin)"]
            if state.named.count < Self.limit {
                logger.log(level: .warning, Self.message, metadata: metadata)
            } else if state.throttle.log(logger, .warning, Self.message, metadata: metadata) {
                state.named.removeFirst()
            } else {
                return
            }
            state.named.append(origin)
        }
    }

    private static let message: Logger.Message = "a web page called whose origin is not allowed"
}
