import Logging
import NIOCore
import Text

/// Makes calls over HTTP/1.1: a pool of kept connections for each origin, all on one event loop.
package final class UpstreamClient {
    /// The limits of calls, and the trusted certificates.
    package struct Configuration: Sendable {
        /// A file of trusted certificates (PEM) in place of the system's.
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
        /// The server's name in the log.
        package var name = "the upstream"

        package init() {}
    }

    private let pools: [UpstreamURL.Origin: UpstreamPool]
    /// For the deadlines of calls, and of the requests for which they are made.
    package let timers: CoarseTimers
    private var trust: UpstreamTrust

    /// - Parameters:
    ///   - origins: everything that calls go to.
    ///   - configuration: timeouts and limits of calls.
    ///   - trust: the trusted certificates, read from ``Configuration/caFile``.
    ///   - eventLoop: where calls and connections live. Everything here must be called on it.
    ///   - logger: told when an origin stops being reachable, and when it is again.
    ///   - metrics: gets the counts of connections.
    package init(
        origins: Set<UpstreamURL.Origin>,
        configuration: Configuration,
        trust: UpstreamTrust,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics: UpstreamMetrics
    ) {
        timers = CoarseTimers(eventLoop: eventLoop)
        self.trust = trust
        var pools: [UpstreamURL.Origin: UpstreamPool] = [:]
        for origin in origins {
            pools[origin] = UpstreamPool(
                origin: origin,
                configuration: configuration,
                trust: trust,
                eventLoop: eventLoop,
                timers: timers,
                logger: logger,
                metrics: metrics
            )
        }
        self.pools = pools
    }

    /// Opens the connections that are to be ready.
    package func start() {
        for pool in pools.values { pool.openIfNeeded() }
    }

    /// Sends the call to the origin, by the deadline or not at all, and waits for the answer.
    package func send(_ call: UpstreamCall, to origin: UpstreamURL.Origin, deadline: NIODeadline) {
        guard let pool = pools[origin] else {
            call.finish(.failure(.unreachable(.other)))
            return
        }
        call.expire(at: deadline, by: timers) { pool.didBecomeLate(call) }
        pool.dispatch(call)
    }

    /// Trusts other certificates from now on: if they differ, no call is begun on a connection that was opened before.
    package func reload(_ trust: UpstreamTrust) {
        guard trust.certificates.bytes != self.trust.certificates.bytes else { return }
        self.trust = trust
        for pool in pools.values { pool.reload(trust) }
    }

    /// Closes all connections. Calls under way fail.
    package func close() {
        for pool in pools.values { pool.close() }
    }
}
