import Logging
import Metrics
import NIOCore

/// The mission: check what the app sent, share, sign, call Tiki, pass its answer on.
package final class AuthService: Sendable {
    /// How to reach Tiki and what a request may take.
    package struct Configuration: Sendable {
        package var credentials: ClientCredentials
        package var endpoints: AuthEndpoints
        package var upstream = UpstreamClient.Configuration()
        /// From the acceptance of a request to its answer, the waits included. A request that shares a call of another has
        /// what is left of that one's time.
        package var requestTimeout = TimeAmount.seconds(10)
        /// Bytes of a request's body.
        package var maxBodyBytes = 16_384

        package init(credentials: ClientCredentials, endpoints: AuthEndpoints) {
            self.credentials = credentials
            self.endpoints = endpoints
        }
    }

    package typealias Completion = @Sendable (AuthOutcome) -> Void

    /// What is touched on the event loop alone.
    private struct Core {
        let client: UpstreamClient
        var calls = InFlightCalls<Completion>()
    }

    private typealias Key = InFlightCalls<Completion>.Key

    private let configuration: Configuration
    private let eventLoop: any EventLoop
    private let metrics: UpstreamMetrics
    private let core: NIOLoopBoundBox<Core>

    /// Begins to open the connections that are to be ready.
    ///
    /// - Throws: ``TrustError`` or NIOSSL's error if the trusted certificates cannot be used.
    package init(
        _ configuration: Configuration,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics factory: any MetricsFactory
    ) throws {
        self.configuration = configuration
        self.eventLoop = eventLoop
        metrics = UpstreamMetrics(factory)
        let client = UpstreamClient(
            endpoints: configuration.endpoints,
            configuration: configuration.upstream,
            trust: try configuration.trust(),
            signer: RequestSigner(configuration.credentials),
            eventLoop: eventLoop,
            logger: logger,
            metrics: metrics
        )
        core = .makeBoxSendingValue(Core(client: client), eventLoop: eventLoop)
        eventLoop.execute { [core] in core.value.client.start() }
    }

    /// Answers a request. Returns at once; may be called from any thread.
    ///
    /// - Parameters:
    ///   - route: what is asked for.
    ///   - contentType: the request's `Content-Type`; nil if it has none.
    ///   - body: the request's body.
    ///   - age: how long ago the request's connection was accepted; counts against the request's time.
    ///   - completion: gets what became of it. Called once, on this thread or the event loop.
    package func handle(
        _ route: AuthRoute,
        contentType: String?,
        body: [UInt8],
        age: Duration,
        completion: @escaping Completion
    ) {
        let deadline = NIODeadline.now() + configuration.requestTimeout - TimeAmount(age)
        let payload: JSONPayload
        do throws(AuthError) {
            payload = try self.payload(route, contentType, body)
        } catch {
            return completion(AuthOutcome(result: .failure(error)))
        }
        let key = Key(route: route, payload: payload)
        eventLoop.execute {
            self.call(key, payload, deadline, completion)
        }
    }

    /// Signs every call from now on with other credentials, and trusts the certificates that stand in the file now;
    /// calls that have been sent are not touched.
    ///
    /// - Throws: ``TrustError`` or NIOSSL's error if the trusted certificates cannot be used. Everything stays as it
    ///   was then.
    package func reload(credentials: ClientCredentials) async throws {
        let trust = try configuration.trust()
        let signer = RequestSigner(credentials)
        try await eventLoop.submit { self.core.value.client.reload(signer, trust) }.get()
    }

    /// Closes the connections to Tiki. Requests under way end with ``AuthError/shuttingDown``.
    package func close() async throws {
        try await eventLoop.submit { self.core.value.client.close() }.get()
    }

    private func payload(_ route: AuthRoute, _ contentType: String?, _ body: [UInt8]) throws(AuthError) -> JSONPayload {
        guard body.count <= configuration.maxBodyBytes else {
            throw .payloadTooLarge(limit: configuration.maxBodyBytes)
        }
        guard !body.isEmpty else { throw .noPayload }
        guard let contentType, MediaType.isJSON(contentType) else { throw .unsupportedMediaType }
        return try JSONPayload(body, requiring: route.requiredKey)
    }

    private func call(
        _ key: Key,
        _ payload: JSONPayload,
        _ deadline: NIODeadline,
        _ completion: @escaping Completion
    ) {
        guard core.value.calls.join(key, completion) else { return metrics.joined(key.route) }
        let url = configuration.endpoints[key.route]
        core.value.client.call(key.route, url, body: payload.bytes, deadline: deadline) { outcome in
            var shown = AuthOutcome(outcome)
            for waiter in self.core.value.calls.leave(key) {
                waiter(shown)
                shown.isShared = true
            }
        }
    }
}

extension AuthService.Configuration {
    /// Reads the trusted certificates.
    fileprivate func trust() throws -> UpstreamTrust {
        try UpstreamTrust(caFile: upstream.caFile, usesTLS: endpoints.origins.contains(where: \.usesTLS))
    }
}
