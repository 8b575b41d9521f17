import Logging

/// Lets one log line of a kind through per interval, with the number of lines suppressed since: for events that can
/// happen thousands of times a second.
package struct LogThrottle {
    private var lastLine: ContinuousClock.Instant?
    private var suppressed = 0
    private let interval: Duration
    private let clock: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - interval: how long after a line the next one may come.
    ///   - clock: tells the time.
    package init(
        interval: Duration = .seconds(60),
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.interval = interval
        self.clock = clock
    }

    /// Whether a message would be logged now.
    package var isDue: Bool { lastLine.map { clock() - $0 >= interval } ?? true }

    /// Logs the message if the last line is at least an interval ago, otherwise counts it.
    ///
    /// - Returns: whether it was logged.
    @discardableResult
    package mutating func log(
        _ logger: Logger,
        _ level: Logger.Level,
        _ message: Logger.Message,
        metadata: @autoclosure () -> Logger.Metadata = [:]
    ) -> Bool {
        let now = clock()
        if let lastLine, now - lastLine < interval {
            suppressed += 1
            return false
        }
        var metadata = metadata()
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: level, message, metadata: metadata)
        lastLine = now
        suppressed = 0
        return true
    }
}
