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
        /// From the acceptance of a request to its answer, the waits included.
        package var requestTimeout = TimeAmount.seconds(10)
        /// How long after its sending the answer to an exchange or refresh is waited for, where that is longer than the
        /// request's own time.
        package var lateAnswerTimeout = TimeAmount.seconds(30)
        /// How long the outcome of an exchange or refresh is kept for who sends the same token again; zero keeps none, and
        /// waits for no late answer.
        package var replayWindow = TimeAmount.seconds(45)
        /// Outcomes that are kept; the oldest goes first.
        package var replayMaxEntries = 20_000
        /// Bytes that the kept outcomes take.
        package var replayMaxBytes = 32 * 1_048_576
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
        var calls: CallTable<CallWaiter>
        let timers: CoarseTimers
        var nonces = NonceCounter()
        /// Drops what has been kept for long enough, also if no request comes.
        var expiry: Scheduled<Void>?
    }

    private let configuration: Configuration
    private let eventLoop: any EventLoop
    private let requests: [AuthRoute: TikiRequest]
    private let metrics: CallMetrics
    private let keys = TokenKeys()
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
            skew: ClockSkewMonitor(clock: configuration.upstream.clock, logger: logger, metrics: factory),
            calls: CallTable(
                CallTable.Limits(
                    window: configuration.replayWindow,
                    maxEntries: configuration.replayMaxEntries,
                    maxBytes: configuration.replayMaxBytes
                )
            ),
            timers: CoarseTimers(eventLoop: eventLoop)
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
        let call = Call(route: route, keys: keys.derive(route, payload.requiredValue), payload: payload)
        eventLoop.execute {
            self.take(call, until: deadline, CallWaiter(completion))
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

    /// Answers a request from what is kept, has it wait for a call in flight, or makes the call.
    private func take(_ call: Call, until deadline: NIODeadline, _ waiter: CallWaiter) {
        let token = call.route == .refresh ? TokenFingerprint(call.payload.requiredValue) : nil
        switch core.value.calls.admit(call.keys.name, waiter, presenting: token, at: .now()) {
        case .first:
            send(call, until: deadline, for: waiter)
        case .joined:
            metrics.joined(call.route)
            waiter.timer = core.value.timers.set(deadline) {
                self.core.value.calls.remove(waiter, from: call.keys.name)
                waiter.finish(AuthOutcome(result: .failure(.upstreamTimeout), isShared: true))
            }
        case .ended(let outcome, let time):
            let outcome = AuthOutcome(outcome, ago: time, key: call.keys.seal)
            metrics.repeated(call.route, outcome)
            waiter.finish(outcome)
        }
    }

    private func send(_ call: Call, until deadline: NIODeadline, for waiter: CallWaiter) {
        let waitsLonger = call.route.isKept && configuration.replayWindow > .zero
        var isLate = false
        let upstreamCall = UpstreamCall(
            isRepeatable: call.route.isRepeatable,
            lateAnswerTimeout: waitsLonger ? configuration.lateAnswerTimeout : .zero
        ) { time in
            self.request(call, at: time)
        } didMissDeadline: { outcome in
            isLate = true
            let outcome = AuthOutcome(outcome)
            self.metrics.ended(call.route, outcome)
            self.core.value.calls.remove(waiter, from: call.keys.name)
            waiter.finish(outcome)
        } completion: { outcome in
            self.finish(call, outcome, isLate: isLate)
        }
        core.value.client.send(upstreamCall, to: configuration.endpoints[call.route].origin, deadline: deadline)
    }

    private func request(_ call: Call, at time: Int64) -> ByteBuffer {
        requests[call.route]?.bytes(call.payload.bytes, signedBy: core.value.signer, at: time) ?? ByteBuffer()
    }

    /// - Returns: whether there is an answer of use.
    private func finish(_ call: Call, _ result: UpstreamCall.Outcome, isLate: Bool) -> Bool {
        if case .success(let response) = result.result {
            core.value.skew.observe(response.fields, sentAt: result.sentAt)
        }
        var outcome = AuthOutcome(result)
        outcome.isLate = isLate
        isLate ? metrics.endedLate(call.route, outcome) : metrics.ended(call.route, outcome)
        // The request that began a late call has been answered.
        outcome.isShared = isLate
        for waiter in end(call, outcome) {
            waiter.finish(outcome)
            outcome.isShared = true
        }
        return outcome.failureCode == nil
    }

    /// Ends the call's entry, or keeps in it what became of the call.
    private func end(_ call: Call, _ outcome: AuthOutcome) -> [CallWaiter] {
        guard call.route.isKept, configuration.replayWindow > .zero, outcome.isFinal else {
            return core.value.calls.end(call.keys.name, keeping: nil, at: .now())
        }
        let kept: KeptOutcome
        var successor: TokenFingerprint?
        switch outcome.result {
        case .success(let answer):
            kept = KeptOutcome(answer, key: call.keys.seal, nonce: core.value.nonces.next())
            successor = answer.nextRefreshToken.map(TokenFingerprint.init)
        case .failure(let error):
            kept = .inDoubt(error, failureCode: outcome.failureCode ?? "")
        }
        let waiters = core.value.calls.end(call.keys.name, keeping: kept, successor: successor, at: .now())
        dropExpiredLater()
        return waiters
    }

    private func dropExpiredLater() {
        metrics.kept(core.value.calls.keptCount, bytes: core.value.calls.keptBytes)
        guard core.value.expiry == nil, let time = core.value.calls.nextExpiry else { return }
        // Not one by one.
        core.value.expiry = eventLoop.assumeIsolated().scheduleTask(deadline: max(time, .now() + .seconds(1))) {
            self.core.value.expiry = nil
            self.core.value.calls.removeExpired(at: .now())
            self.dropExpiredLater()
        }
    }
}

extension AuthService.Configuration {
    /// Reads the trusted certificates.
    fileprivate func trust() throws -> UpstreamTrust {
        try UpstreamTrust(caFile: upstream.caFile, usesTLS: endpoints.origins.contains(where: \.usesTLS))
    }
}
