import Logging
import Metrics
import NIOCore
import SharedStore
import Text
import Upstream

/// Checks an app's request, signs and makes the call to Tiki, each call once, and gives its outcome to all requests that ask
/// for it. Lives on the event loop.
package final class AuthService {
    package typealias Completion = (AuthOutcome) -> Void

    private let configuration: Configuration
    private let eventLoop: any EventLoop
    private let keys = TokenKeys()
    private let requests: PerRoute<TikiRequest>
    private let metrics: CallMetrics
    private let client: UpstreamClient
    /// Signs every call that is sent from now on.
    private var signer: RequestSigner
    private var skew: ClockSkewMonitor
    private var table: CallTable
    private var nonces = NonceCounter()
    /// Drops what has been kept for long enough, also if no request comes.
    private var expiry: Scheduled<Void>?
    /// nil if this instance is by itself.
    private let claims: CallClaims?

    /// Begins to open the connections that are to be ready. Must be called on the event loop, like all else here.
    ///
    /// - Throws: `TrustError` or NIOSSL's error if the trusted certificates cannot be used.
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
        requests = PerRoute { TikiRequest(to: endpoints[$0]) }
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
        table = CallTable(
            CallTable.Limits(
                window: configuration.replayWindow,
                ownersWindow: configuration.verifyWindow,
                maxEntries: configuration.replayMaxEntries,
                maxBytes: configuration.replayMaxBytes
            )
        )
        claims = try CallClaims(configuration, eventLoop: eventLoop, logger: logger, metrics: factory)
        client.start()
        claims?.start()
    }

    /// Answers a request. Returns at once.
    ///
    /// - Parameters:
    ///   - route: the route of the request.
    ///   - contentType: the request's `Content-Type`; nil if it has none.
    ///   - body: the request's body.
    ///   - acceptedAt: when the request began to arrive; its time counts from then.
    ///   - completion: gets the outcome. Called once, possibly before this returns.
    package func handle(
        _ route: AuthRoute,
        contentType: String?,
        body: [UInt8],
        acceptedAt: NIODeadline,
        completion: @escaping Completion
    ) {
        let deadline = acceptedAt + configuration.requestTimeout
        let payload: JSONPayload
        do throws(AuthError) {
            payload = try self.payload(route, contentType, body)
        } catch {
            return completion(AuthOutcome(result: .failure(error)))
        }
        let call = Call(route: route, keys: keys.derive(route, payload.requiredValue), payload: payload)
        take(call, until: deadline, CallWaiter(completion))
    }

    /// Finds the owner of a request's access token. Returns at once.
    ///
    /// - Parameters:
    ///   - authorization: the request's `Authorization`; nil if it has none.
    ///   - acceptedAt: when the request began to arrive; its time counts from then.
    ///   - completion: gets the outcome of the info call, with ``AuthOutcome/owner``. Called once, possibly before this
    ///     returns.
    package func verify(authorization: String?, acceptedAt: NIODeadline, completion: @escaping Completion) {
        let deadline = acceptedAt + configuration.requestTimeout
        do throws(AuthError) {
            guard let token = try authorization.flatMap({ text throws(AuthError) in try BearerToken.read(text) }) else {
                throw .missingAccessToken
            }
            let payload = JSONPayload(key: AuthRoute.info.requiredKey, plainValue: token)
            let call = Call(route: .info, keys: keys.derive(.info, payload.requiredValue), payload: payload)
            take(call, until: deadline, CallWaiter(wantsOwner: true, completion))
        } catch {
            completion(AuthOutcome(result: .failure(error)))
        }
    }

    /// Takes other credentials, certificates and another password of the store for what begins from now on. Calls that have
    /// been sent are not touched.
    package func renew(_ renewal: Renewal) {
        signer = RequestSigner(renewal.credentials)
        client.reload(renewal.trust)
        if let store = renewal.store { claims?.reload(renewal.credentials, store) }
    }

    /// Closes the connections to Tiki. Requests under way end with ``AuthError/shuttingDown``.
    ///
    /// Where instances share a store, the others first get the outcomes of calls that were sent.
    ///
    /// - Parameter deadline: how long to wait for answers that nobody here wants any more, but other instances do.
    package func close(by deadline: NIODeadline = .now()) -> EventLoopFuture<Void> {
        let closed = eventLoop.makePromise(of: Void.self)
        wait(until: deadline, while: { self.claims != nil && self.table.isBusy }) {
            self.client.close()
            // A store that does not answer is not waited for longer than by any request.
            let end = NIODeadline.now() + (self.configuration.sharedStore?.timeout ?? .zero)
            self.wait(until: end, while: { self.claims?.owesNews == true }) {
                self.claims?.close()
                closed.succeed()
            }
        }
        return closed.futureResult
    }

    private func wait(
        until deadline: NIODeadline,
        while isNeeded: @escaping () -> Bool,
        _ next: @escaping () -> Void
    ) {
        guard isNeeded(), .now() < deadline else { return next() }
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) {
            self.wait(until: deadline, while: isNeeded, next)
        }
    }

    private func payload(_ route: AuthRoute, _ contentType: String?, _ body: [UInt8]) throws(AuthError) -> JSONPayload {
        guard !body.isEmpty else { throw .payload(.empty) }
        guard let contentType, MediaType.isJSON(contentType) else { throw .unsupportedMediaType }
        do { return try JSONPayload(body, requiring: route.requiredKey) } catch { throw .payload(error) }
    }
}

// MARK: Calls

extension AuthService {
    /// Answers a request from what is kept, has it wait for a call in flight, or makes the call.
    private func take(_ call: Call, until deadline: NIODeadline, _ waiter: CallWaiter) {
        let takesKept = call.route.isKept || waiter.wantsOwner
        switch table.admit(call.keys.name, waiter, takesKept: takesKept, at: .now()) {
        case .first(let inFlight):
            expire(waiter, of: inFlight, call.route, at: deadline)
            // When the loop has read everything that has arrived. Calls that are signed and sent one right after the
            // other find the program in the processor's cache, and the other side wakes up once for all of them:
            // measured, a quarter less CPU with 64 clients.
            eventLoop.assumeIsolated().execute { self.begin(call, inFlight, until: deadline) }
        case .joined(let inFlight):
            metrics.joined(call.route)
            expire(waiter, of: inFlight, call.route, at: deadline)
        case .ended(let sealed, let time):
            var outcome = AuthOutcome(sealed, key: call.keys.sealingKey, ago: time)
            if waiter.wantsOwner { outcome.readOwner() }
            if call.route.isKept { metrics.repeated(call.route, outcome) }
            waiter.finish(outcome)
        }
    }

    /// Ends a request's wait at its deadline. The call goes on without it.
    private func expire(_ waiter: CallWaiter, of inFlight: CallInFlight, _ route: AuthRoute, at deadline: NIODeadline) {
        waiter.timer = client.timers.set(deadline) {
            inFlight.remove(waiter)
            // Without a call, another instance still has the claim.
            var outcome = AuthOutcome(result: .failure(.inProgress))
            if let call = inFlight.upstreamCall { outcome = AuthOutcome(call.timedOut) }
            if waiter === inFlight.first {
                self.metrics.ended(route, outcome)
            } else {
                outcome.isShared = true
            }
            waiter.finish(outcome)
        }
    }

    /// Makes the call, if no other instance has it.
    private func begin(_ call: Call, _ inFlight: CallInFlight, until deadline: NIODeadline) {
        guard let claims, configuration.keepsOutcomes(of: call.route) else {
            return send(call, inFlight, nil, until: deadline)
        }
        claims.claim(call, until: deadline) { admission in
            switch admission {
            case .make(let ticket):
                self.send(call, inFlight, ticket, until: deadline)
            case .ended(let outcome):
                self.metrics.repeated(call.route, outcome)
                self.keep(outcome, of: call, at: .now() - .seconds(Int64(outcome.age ?? 0)))
                self.deliver(outcome, to: self.table.end(call.keys.name))
            case .refused(let error):
                self.deliver(AuthOutcome(result: .failure(error)), to: self.table.end(call.keys.name))
            }
        }
    }

    private func send(
        _ call: Call,
        _ inFlight: CallInFlight,
        _ ticket: CallClaims.Ticket?,
        until deadline: NIODeadline
    ) {
        let waitsLonger = configuration.keepsOutcomes(of: call.route)
        let upstreamCall = UpstreamCall(
            isRepeatable: call.route.isRepeatable,
            lateAnswerTimeout: waitsLonger ? configuration.lateAnswerTimeout : .zero
        ) { time in
            self.requests[call.route].bytes(call.payload.bytes, signedBy: self.signer, at: time)
        } completion: { outcome in
            self.finish(call, inFlight, ticket, outcome)
        }
        inFlight.upstreamCall = upstreamCall
        client.send(upstreamCall, to: configuration.endpoints[call.route].origin, deadline: deadline)
    }

    private func finish(
        _ call: Call,
        _ inFlight: CallInFlight,
        _ ticket: CallClaims.Ticket?,
        _ result: UpstreamCall.Outcome
    ) {
        if case .success(let response) = result.result { skew.observe(response.fields, sentAt: result.sentAt) }
        var outcome = AuthOutcome(result)
        if outcome.failureCode != nil { inFlight.upstreamCall?.retireConnection() }
        // The request that began it has been answered, and it was counted then.
        let isLate = inFlight.first.isFinished
        isLate ? metrics.endedLate(call.route, outcome) : metrics.ended(call.route, outcome)
        outcome.isLate = isLate
        outcome.isShared = isLate
        if let ticket { claims?.end(ticket, outcome) }
        let waiters = table.end(call.keys.name)
        if waiters.contains(where: \.wantsOwner) { outcome.readOwner() }
        keep(outcome, of: call, at: .now())
        deliver(outcome, to: waiters)
    }

    private func deliver(_ outcome: AuthOutcome, to waiters: [CallWaiter]) {
        var outcome = outcome
        for waiter in waiters {
            waiter.finish(outcome)
            outcome.isShared = true
        }
    }

    /// Keeps a call's outcome where requests to come may have it.
    ///
    /// - Parameter time: when the call ended.
    private func keep(_ outcome: AuthOutcome, of call: Call, at time: NIODeadline) {
        var time = time
        var shelf = CallTable.Shelf(outcome.token)
        if !call.route.isKept {
            // A refusal ends what was kept before.
            if outcome.isRefusal { table.forget(call.keys.name) }
            guard outcome.owner != nil else { return }
            shelf = .owners
            // From the sending: Tiki may have refused the token since.
            time = time - (outcome.upstreamDuration ?? .zero)
        }
        guard let shelf, table.uses(shelf) else { return }
        let now = configuration.upstream.clock()
        let sealed = SealedOutcome(outcome, endedAt: now, key: call.keys.sealingKey, nonce: nonces.next())
        table.keep(sealed, of: call.keys.name, on: shelf, at: time)
        dropExpiredLater()
    }

    private func dropExpiredLater() {
        metrics.kept(table.keptCount, bytes: table.keptBytes)
        guard expiry == nil, let time = table.nextExpiry else { return }
        // In a second at the earliest, so that many expire together.
        expiry = eventLoop.assumeIsolated().scheduleTask(deadline: max(time, .now() + .seconds(1))) {
            self.expiry = nil
            self.table.removeExpired(at: .now())
            self.dropExpiredLater()
        }
    }
}
