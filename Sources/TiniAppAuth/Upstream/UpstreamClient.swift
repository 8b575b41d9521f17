import Logging
import NIOCore

/// Calls Tiki: a pool of kept connections for each origin, all on one event loop.
package final class UpstreamClient {
    /// What calls may take, and where they trust.
    package struct Configuration: Sendable {
        /// Trusted certificates (PEM) in place of the system's.
        package var caFile: String?
        /// For opening a connection: TCP, and again TLS.
        package var connectTimeout = TimeAmount.seconds(5)
        /// Open connections to one origin. HTTP/1.1 carries one call at a time on each.
        package var maxConnections = 512
        /// Bytes of an answer's body.
        package var maxAnswerBytes = 65_536
        /// Unix time in milliseconds.
        package var clock: @Sendable () -> Int64 = WallClock.milliseconds

        package init() {}
    }

    private let pools: [UpstreamURL.Origin: UpstreamPool]
    private let eventLoop: any EventLoop

    /// - Throws: NIOSSL's error if the trusted certificates cannot be read.
    init(
        endpoints: AuthEndpoints,
        configuration: Configuration,
        signer: RequestSigner,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws {
        self.eventLoop = eventLoop
        let skew = ClockSkewMonitor(clock: configuration.clock, logger: logger)
        var pools: [UpstreamURL.Origin: UpstreamPool] = [:]
        for origin in Set(AuthRoute.allCases.map { endpoints[$0].origin }) {
            pools[origin] = try UpstreamPool(
                origin: origin,
                configuration: configuration,
                signer: signer,
                eventLoop: eventLoop,
                logger: logger,
                skew: skew
            )
        }
        self.pools = pools
    }

    /// Signs and sends the body, and waits for the answer until the deadline.
    func call(
        _ url: UpstreamURL,
        body: [UInt8],
        isRepeatable: Bool,
        deadline: NIODeadline,
        completion: @escaping UpstreamCall.Completion
    ) {
        let call = UpstreamCall(url: url, body: body, isRepeatable: isRepeatable, completion: completion)
        guard let pool = pools[url.origin] else { return call.finish(.failure(.unreachable)) }
        call.expire(at: deadline, on: eventLoop)
        pool.dispatch(call)
    }

    /// Closes all connections. Calls under way fail.
    func close() {
        for pool in pools.values { pool.close() }
    }
}
