import LogThrottle
import Logging

/// Logs when an origin becomes unreachable, and when it is reachable again: once per outage, not once per connection.
/// If outages follow each other quickly, each of the two lines is logged once a minute.
package struct ReachabilityLog {
    private let name: String
    private let origin: String
    private let logger: Logger
    private var isUnreachable = false
    /// The state that was logged last.
    private var isSaidToBeUnreachable = false
    private var outages: LogThrottle
    private var recoveries: LogThrottle

    /// - Parameters:
    ///   - name: the server's name in the log.
    ///   - origin: the server's address.
    ///   - clock: tells the time.
    package init(
        name: String,
        origin: String,
        logger: Logger,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.name = name
        self.origin = origin
        self.logger = logger
        outages = LogThrottle(clock: clock)
        recoveries = LogThrottle(clock: clock)
    }

    /// Notes a connection that was opened.
    package mutating func didConnect() {
        let isRecovery = isUnreachable
        isUnreachable = false
        // A recovery that could not be logged at once is logged with a later connection.
        guard isSaidToBeUnreachable, isRecovery || recoveries.isDue else { return }
        let fields: Logger.Metadata = ["origin": "\(origin)"]
        let isSaid = recoveries.log(logger, .notice, "connected to \(name) again", metadata: fields)
        if isSaid { isSaidToBeUnreachable = false }
    }

    /// Notes a connection that could not be opened.
    package mutating func didFail(_ failure: ConnectFailure) {
        didFail(failure.reason.rawValue, failure.description, address: failure.address)
    }

    /// Notes a connection that was opened but could not be used.
    ///
    /// - Parameters:
    ///   - code: a stable code.
    ///   - text: a sentence for the operator.
    package mutating func didFail(_ code: String, _ text: String, address: String? = nil) {
        let isOutage = !isUnreachable
        isUnreachable = true
        guard !isSaidToBeUnreachable, isOutage || outages.isDue else { return }
        var fields: Logger.Metadata = ["origin": "\(origin)", "failure": "\(code)", "error": "\(text)"]
        if let address { fields["address"] = "\(address)" }
        let isSaid = outages.log(logger, .error, "cannot connect to \(name)", metadata: fields)
        if isSaid { isSaidToBeUnreachable = true }
    }
}
