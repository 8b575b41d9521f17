import LogThrottle
import Logging

/// Tells the log when an origin stops being reachable, and when it is again: an outage is one thing to know about, not
/// one for each connection. Of outages that follow each other quickly, each of the two lines comes once a minute.
struct ReachabilityLog {
    private let name: String
    private let origin: UpstreamURL.Origin
    private let logger: Logger
    private var isUnreachable = false
    /// What the log says last.
    private var isSaidToBeUnreachable = false
    private var outages: LogThrottle
    private var recoveries: LogThrottle

    /// - Parameter clock: tells the time.
    init(
        name: String,
        origin: UpstreamURL.Origin,
        logger: Logger,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.name = name
        self.origin = origin
        self.logger = logger
        outages = LogThrottle(clock: clock)
        recoveries = LogThrottle(clock: clock)
    }

    mutating func didConnect() {
        let isRecovery = isUnreachable
        isUnreachable = false
        // A recovery that could not be said at once is said with a later connection.
        guard isSaidToBeUnreachable, isRecovery || recoveries.isDue else { return }
        let fields: Logger.Metadata = ["origin": "\(origin)"]
        let isSaid = recoveries.log(logger, .notice, "connected to \(name) again", metadata: fields)
        if isSaid { isSaidToBeUnreachable = false }
    }

    mutating func didFail(_ failure: ConnectFailure) {
        let isOutage = !isUnreachable
        isUnreachable = true
        guard !isSaidToBeUnreachable, isOutage || outages.isDue else { return }
        let fields = metadata(of: failure)
        let isSaid = outages.log(logger, .error, "cannot connect to \(name)", metadata: fields)
        if isSaid { isSaidToBeUnreachable = true }
    }

    private func metadata(of failure: ConnectFailure) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "origin": "\(origin)", "failure": "\(failure.reason.rawValue)", "error": "\(failure)",
        ]
        if let address = failure.address { metadata["address"] = "\(address)" }
        return metadata
    }
}
