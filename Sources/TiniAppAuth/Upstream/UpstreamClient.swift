import Logging
import NIOCore

/// Calls Tiki: a pool of kept connections for each origin, all on one event loop.
package final class UpstreamClient {
    /// What calls may take, and where they trust.
    package struct Configuration: Sendable {
        /// Trusted certificates (PEM) in place of the system's.
        package var caFile: String?
        /// For opening a connection: name lookup, TCP and TLS together.
        package var connectTimeout = TimeAmount.seconds(3)
        /// Open connections to one origin. HTTP/1.1 carries one call at a time on each.
        package var maxConnections = 512
        /// Connections to each origin that are opened at start and kept ready; 0 for none.
        package var warmConnections = 2
        /// Bytes of an answer's body.
        package var maxAnswerBytes = 65_536
        /// Unix time in milliseconds.
        package var clock: @Sendable () -> Int64 = WallClock.milliseconds

        package init() {}
    }

    private let pools: [UpstreamURL.Origin: UpstreamPool]
    private let timers: CoarseTimers
    private let metrics: UpstreamMetrics
    private var trust: UpstreamTrust

    init(
        endpoints: AuthEndpoints,
        configuration: Configuration,
        trust: UpstreamTrust,
        signer: RequestSigner,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics: UpstreamMetrics
    ) {
        timers = CoarseTimers(eventLoop: eventLoop)
        self.trust = trust
        self.metrics = metrics
        let skew = ClockSkewMonitor(clock: configuration.clock, logger: logger, metrics: metrics)
        var pools: [UpstreamURL.Origin: UpstreamPool] = [:]
        for origin in endpoints.origins {
            pools[origin] = UpstreamPool(
                origin: origin,
                configuration: configuration,
                trust: trust,
                signer: signer,
                eventLoop: eventLoop,
                timers: timers,
                logger: logger,
                metrics: metrics,
                skew: skew
            )
        }
        self.pools = pools
    }

    /// Opens the connections that are to be ready.
    func start() {
        for pool in pools.values { pool.openIfNeeded() }
    }

    /// Signs and sends the body, and waits for the answer until the deadline.
    func call(
        _ route: AuthRoute,
        _ url: UpstreamURL,
        body: [UInt8],
        deadline: NIODeadline,
        completion: @escaping UpstreamCall.Completion
    ) {
        let call = UpstreamCall(route, url: url, body: body) { [metrics] outcome in
            metrics.ended(route, outcome)
            completion(outcome)
        }
        guard let pool = pools[url.origin] else { return call.finish(.failure(.unreachable(.other))) }
        guard deadline > .now() else { return call.finish(.failure(.timeout)) }
        call.expire(at: deadline, by: timers)
        pool.dispatch(call)
    }

    /// Signs every call from now on with another secret, and trusts others if they differ.
    func reload(_ signer: RequestSigner, _ trust: UpstreamTrust) {
        for pool in pools.values { pool.signer = signer }
        guard trust.certificates != self.trust.certificates else { return }
        self.trust = trust
        for pool in pools.values { pool.reload(trust) }
    }

    /// Closes all connections. Calls under way fail.
    func close() {
        for pool in pools.values { pool.close() }
    }
}
