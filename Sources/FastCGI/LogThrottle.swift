import Logging

/// Lets one log line of a kind through per interval, with the number of those that were left out.
///
/// What it stands in front of can happen thousands of times a second, and the reader needs to learn it once.
struct LogThrottle {
    private var lastLine: ContinuousClock.Instant?
    private var suppressed = 0
    private let interval: Duration

    init(interval: Duration = .seconds(60)) {
        self.interval = interval
    }

    /// Logs the message if its time has come, else counts it.
    mutating func log(
        _ logger: Logger,
        _ level: Logger.Level,
        _ message: Logger.Message,
        metadata: @autoclosure () -> Logger.Metadata = [:]
    ) {
        let now = ContinuousClock.now
        if let lastLine, now - lastLine < interval {
            suppressed += 1
            return
        }
        var metadata = metadata()
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: level, message, metadata: metadata)
        lastLine = now
        suppressed = 0
    }
}
