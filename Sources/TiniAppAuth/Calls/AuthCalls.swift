import Logging
import Metrics
import NIOCore
import SharedStore
import Upstream

/// Makes the calls to Tiki, each once, and gives their outcomes to all requests that ask for them. Lives on the event loop.
final class AuthCalls {
    private let configuration: AuthService.Configuration
    private let eventLoop: any EventLoop
    private let requests: [AuthRoute: TikiRequest]
    private let metrics: CallMetrics
    private let client: UpstreamClient
    /// Signs every call that is sent from now on.
    private var signer: RequestSigner
    private var skew: ClockSkewMonitor
    private var table: CallTable<CallWaiter>
    private let verified: VerifiedTokens
    private let timers: CoarseTimers
    private var nonces = NonceCounter()
    /// Drops what has been kept for long enough, also if no request comes.
    private var expiry: Scheduled<Void>?
    /// nil if this instance is by itself.
    private let claims: CallClaims?

    /// May be called anywhere, before the value is sent to the event loop.
    init(
        _ configuration: AuthService.Configuration,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics factory: any MetricsFactory
    ) throws {
        self.configuration = configuration
        self.eventLoop = eventLoop
        metrics = CallMetrics(factory)
        let endpoints = configuration.endpoints
        requests = Dictionary(uniqueKeysWithValues: AuthRoute.allCases.map { ($0, TikiRequest(to: endpoints[$0])) })
        client = UpstreamClient(
            origins: endpoints.origins,
            configuration: configuration.upstream,
            trust: try configuration.trust(),
            eventLoop: eventLoop,
            logger: logger,
            metrics: UpstreamMetrics(prefix: "tiniapp_auth", factory)
        )
        signer = RequestSigner(configuration.credentials)
        skew = ClockSkewMonitor(clock: configuration.upstream.clock, logger: logger, metrics: factory)
        timers = CoarseTimers(eventLoop: eventLoop)
        table = CallTable(
            CallTable.Limits(
                window: configuration.replayWindow,
                maxEntries: configuration.replayMaxEntries,
                maxBytes: configuration.replayMaxBytes
            )
        )
        verified = VerifiedTokens(
            CallTable.Limits(
                window: configuration.verifyWindow,
                maxEntries: configuration.replayMaxEntries,
                maxBytes: configuration.replayMaxBytes
            ),
            eventLoop: eventLoop,
            timers: timers
        )
        claims = try CallClaims(configuration, eventLoop: eventLoop, logger: logger, metrics: factory)
    }

    /// Opens the connections that are to be ready.
    func start() {
        client.start()
        claims?.start()
    }

    /// Answers a request from what is kept, has it wait for a call in flight, or makes the call.
    func take(_ call: Call, until deadline: NIODeadline, _ waiter: CallWaiter) {
        switch table.admit(call.keys.name, waiter, at: .now()) {
        case .first:
            begin(call, until: deadline, for: waiter)
        case .joined:
            metrics.joined(call.route)
            waiter.timer = timers.set(deadline) {
                self.table.remove(waiter, from: call.keys.name)
                waiter.finish(AuthOutcome(result: .failure(.upstreamTimeout), isShared: true))
            }
        case .ended(let sealed, let time):
            let outcome = AuthOutcome(sealed, key: call.keys.sealingKey, ago: time)
            metrics.repeated(call.route, outcome)
            waiter.finish(outcome)
        }
    }

    /// Finds a token's owner, from the kept answers or with the info call.
    func verify(_ call: Call, until deadline: NIODeadline, _ waiter: CallWaiter) {
        verified.verify(call, until: deadline, waiter) { self.take(call, until: deadline, $0) }
    }

    /// Takes other credentials, certificates and another password of the store for what begins from now on.
    func reload(_ configuration: AuthService.Configuration, _ trust: UpstreamTrust, _ store: SharedStore.Access?) {
        signer = RequestSigner(configuration.credentials)
        client.reload(trust)
        if let store { claims?.reload(configuration.credentials, store) }
    }

    /// Whether there are calls whose outcomes other instances wait for.
    var hasUnpublishedCalls: Bool { claims != nil && table.isBusy }
    /// Whether outcomes are on their way to other instances.
    var isPublishing: Bool { claims?.owesNews == true }

    func close() { client.close() }

    func closeStore() { claims?.close() }

    /// Makes the call, if no other instance has it.
    private func begin(_ call: Call, until deadline: NIODeadline, for waiter: CallWaiter) {
        guard let claims, call.route.isKept, configuration.replayWindow > .zero else {
            return send(call, nil, until: deadline, for: waiter)
        }
        claims.claim(call, until: deadline) { admission in
            switch admission {
            case .make(let ticket):
                self.send(call, ticket, until: deadline, for: waiter)
            case .ended(let outcome):
                self.metrics.repeated(call.route, outcome)
                let time = NIODeadline.now() - .seconds(Int64(outcome.age ?? 0))
                self.deliver(outcome, to: self.end(call, outcome, at: time))
            case .refused(let error):
                self.deliver(AuthOutcome(result: .failure(error)), to: self.table.end(call.keys.name))
            }
        }
    }

    private func send(
        _ call: Call,
        _ ticket: CallClaims.Ticket?,
        until deadline: NIODeadline,
        for waiter: CallWaiter
    ) {
        let waitsLonger = call.route.isKept && configuration.replayWindow > .zero
        var isLate = false
        let upstreamCall = UpstreamCall(
            isRepeatable: call.route.isRepeatable,
            lateAnswerTimeout: waitsLonger ? configuration.lateAnswerTimeout : .zero
        ) { time in
            self.requests[call.route]?.bytes(call.payload.bytes, signedBy: self.signer, at: time) ?? ByteBuffer()
        } didMissDeadline: { outcome in
            isLate = true
            let outcome = AuthOutcome(outcome)
            self.metrics.ended(call.route, outcome)
            self.table.remove(waiter, from: call.keys.name)
            waiter.finish(outcome)
        } completion: { outcome in
            self.finish(call, ticket, outcome, isLate: isLate)
        }
        client.send(upstreamCall, to: configuration.endpoints[call.route].origin, deadline: deadline)
    }

    /// - Returns: whether there is an answer of use.
    private func finish(
        _ call: Call,
        _ ticket: CallClaims.Ticket?,
        _ result: UpstreamCall.Outcome,
        isLate: Bool
    ) -> Bool {
        if case .success(let response) = result.result { skew.observe(response.fields, sentAt: result.sentAt) }
        var outcome = AuthOutcome(result)
        outcome.isLate = isLate
        isLate ? metrics.endedLate(call.route, outcome) : metrics.ended(call.route, outcome)
        // The request that began a late call has been answered.
        outcome.isShared = isLate
        if call.route == .info, outcome.isRefusal { verified.forget(call.keys.name) }
        if let ticket { claims?.end(ticket, outcome) }
        deliver(outcome, to: end(call, outcome, at: .now()))
        return outcome.failureCode == nil
    }

    private func deliver(_ outcome: AuthOutcome, to waiters: [CallWaiter]) {
        var outcome = outcome
        for waiter in waiters {
            waiter.finish(outcome)
            outcome.isShared = true
        }
    }

    /// Ends the call's entry, or keeps the call's outcome in it.
    ///
    /// - Parameter time: when the call ended.
    private func end(_ call: Call, _ outcome: AuthOutcome, at time: NIODeadline) -> [CallWaiter] {
        guard call.route.isKept, configuration.replayWindow > .zero, outcome.token != .free else {
            return table.end(call.keys.name)
        }
        let now = configuration.upstream.clock()
        let sealed = SealedOutcome(outcome, endedAt: now, key: call.keys.sealingKey, nonce: nonces.next())
        let waiters = table.end(call.keys.name, keeping: sealed, outcome.token, at: time)
        dropExpiredLater()
        return waiters
    }

    private func dropExpiredLater() {
        metrics.kept(table.keptCount, bytes: table.keptBytes)
        guard expiry == nil, let time = table.nextExpiry else { return }
        // Not one by one.
        expiry = eventLoop.assumeIsolated().scheduleTask(deadline: max(time, .now() + .seconds(1))) {
            self.expiry = nil
            self.table.removeExpired(at: .now())
            self.dropExpiredLater()
        }
    }
}
