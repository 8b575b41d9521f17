import Logging

/// Tells the log when an origin stops being reachable, and when it is again: an outage is one thing to know about, not
/// one for each connection.
struct ReachabilityLog {
    private let name: String
    private let origin: UpstreamURL.Origin
    private let logger: Logger
    private var isUnreachable = false

    init(name: String, origin: UpstreamURL.Origin, logger: Logger) {
        self.name = name
        self.origin = origin
        self.logger = logger
    }

    mutating func didConnect() {
        guard isUnreachable else { return }
        isUnreachable = false
        logger.notice("connected to \(name) again", metadata: ["origin": "\(origin)"])
    }

    mutating func didFail(_ failure: ConnectFailure) {
        guard !isUnreachable else { return }
        isUnreachable = true
        var metadata: Logger.Metadata = [
            "origin": "\(origin)", "failure": "\(failure.reason.rawValue)", "error": "\(failure)",
        ]
        if let address = failure.address { metadata["address"] = "\(address)" }
        logger.error("cannot connect to \(name)", metadata: metadata)
    }
}
