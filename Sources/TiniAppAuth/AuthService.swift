import Logging
import Metrics
import NIOCore
import Text
import Upstream

/// The mission: check what the app sent, share, sign, call Tiki, pass its answer on.
package final class AuthService: Sendable {
    /// How to reach Tiki and what a request may take.
    package struct Configuration: Sendable {
        package var credentials: ClientCredentials
        package var endpoints: AuthEndpoints
        package var upstream: UpstreamClient.Configuration
        /// From the acceptance of a request to its answer, the waits included. A request that shares a call of another has
        /// what is left of that one's time.
        package var requestTimeout = TimeAmount.seconds(10)
        /// Bytes of a request's body.
        package var maxBodyBytes = 16_384

        package init(credentials: ClientCredentials, endpoints: AuthEndpoints) {
            self.credentials = credentials
            self.endpoints = endpoints
            upstream = UpstreamClient.Configuration()
            upstream.name = "Tiki"
        }
    }

    package typealias Completion = @Sendable (AuthOutcome) -> Void

    /// What is used only on the event loop.
    private struct Core {
        let client: UpstreamClient
        /// Signs every call that is sent from now on.
        var signer: RequestSigner
        var skew: ClockSkewMonitor
        var calls = SharedCalls<Completion>()
    }

    private typealias Key = SharedCalls<Completion>.Key

    private let configuration: Configuration
    private let eventLoop: any EventLoop
    private let requests: [AuthRoute: TikiRequest]
    private let metrics: CallMetrics
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
        metrics = CallMetrics(factory)
        let endpoints = configuration.endpoints
        requests = Dictionary(uniqueKeysWithValues: AuthRoute.allCases.map { ($0, TikiRequest(to: endpoints[$0])) })
        let core = Core(
            client: UpstreamClient(
                origins: endpoints.origins,
                configuration: configuration.upstream,
                trust: try configuration.trust(),
                eventLoop: eventLoop,
                logger: logger,
                metrics: UpstreamMetrics(prefix: "tiniapp_auth", factory)
            ),
            signer: RequestSigner(configuration.credentials),
            skew: ClockSkewMonitor(clock: configuration.upstream.clock, logger: logger, metrics: factory)
        )
        self.core = .makeBoxSendingValue(core, eventLoop: eventLoop)
        eventLoop.execute { [core = self.core] in core.value.client.start() }
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
        try await eventLoop.submit {
            self.core.value.signer = signer
            self.core.value.client.reload(trust)
        }.get()
    }

    /// Closes the connections to Tiki. Requests under way end with ``AuthError/shuttingDown``.
    package func close() async throws {
        try await eventLoop.submit { self.core.value.client.close() }.get()
    }

    private func payload(_ route: AuthRoute, _ contentType: String?, _ body: [UInt8]) throws(AuthError) -> JSONPayload {
        guard body.count <= configuration.maxBodyBytes else {
            throw .payloadTooLarge(limit: configuration.maxBodyBytes)
        }
        guard !body.isEmpty else { throw .payload(.empty) }
        guard let contentType, MediaType.isJSON(contentType) else { throw .unsupportedMediaType }
        do { return try JSONPayload(body, requiring: route.requiredKey) } catch { throw .payload(error) }
    }

    private func call(
        _ key: Key,
        _ payload: JSONPayload,
        _ deadline: NIODeadline,
        _ completion: @escaping Completion
    ) {
        guard core.value.calls.join(key, completion) else { return metrics.joined(key.route) }
        let call = UpstreamCall(isRepeatable: key.route.isRepeatable) { time in
            self.request(key.route, payload, at: time)
        } completion: { outcome in
            self.finish(key, outcome)
        }
        core.value.client.send(call, to: configuration.endpoints[key.route].origin, deadline: deadline)
    }

    private func request(_ route: AuthRoute, _ payload: JSONPayload, at time: Int64) -> ByteBuffer {
        requests[route]?.bytes(payload.bytes, signedBy: core.value.signer, at: time) ?? ByteBuffer()
    }

    /// - Returns: whether there is an answer of use.
    private func finish(_ key: Key, _ call: UpstreamCall.Outcome) -> Bool {
        if case .success(let response) = call.result { core.value.skew.observe(response.fields, sentAt: call.sentAt) }
        var outcome = AuthOutcome(call)
        metrics.ended(key.route, outcome)
        for waiter in core.value.calls.leave(key) {
            waiter(outcome)
            outcome.isShared = true
        }
        return outcome.failureCode == nil
    }
}

extension AuthService.Configuration {
    /// Reads the trusted certificates.
    fileprivate func trust() throws -> UpstreamTrust {
        try UpstreamTrust(caFile: upstream.caFile, usesTLS: endpoints.origins.contains(where: \.usesTLS))
    }
}
