import FoundationEssentials
import Logging
import Metrics
import NIOCore
import SharedStore
import Upstream

/// Has one of several instances make a call, and gives the others its outcome. Lives on the event loop.
///
/// The store adds what other instances know to what this process keeps itself.
final class CallClaims {
    /// The outcome of a claim.
    enum Admission {
        /// The call is the caller's to make. Its outcome must be given to ``CallClaims/end(_:_:)``.
        case make(Ticket)
        /// The call was made by another instance, or by one that has ended.
        case ended(AuthOutcome)
        case refused(AuthError)
    }

    /// The right to make a call.
    struct Ticket: Sendable {
        fileprivate let claim: SharedStore.Ticket
        fileprivate let keys: CallKeys
    }

    private let store: SharedStore
    private let configuration: AuthService.Configuration
    private var keys: TokenKeys
    private var nonces = NonceCounter()

    /// - Returns: nil if this instance is by itself.
    init?(
        _ configuration: AuthService.Configuration,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics factory: any MetricsFactory
    ) throws {
        guard var sharedStore = configuration.sharedStore else { return nil }
        self.configuration = configuration
        sharedStore.longestClaim = configuration.requestTimeout + configuration.claimAfterDeadline
        store = try SharedStore(
            sharedStore,
            eventLoop: eventLoop,
            logger: logger,
            metrics: SharedStoreMetrics(prefix: "tiniapp_auth", factory)
        )
        keys = TokenKeys(sharedBy: configuration.credentials)
    }

    /// Opens the connection to the store.
    func start() { store.start() }

    /// Whether outcomes are on their way to the store.
    var owesNews: Bool { store.owesNews }

    /// Looks calls up under other names from now on: the names are made with the secret. Instances that still have the
    /// old secret do not find these calls.
    func reload(_ credentials: ClientCredentials, _ access: SharedStore.Access) {
        keys = TokenKeys(sharedBy: credentials)
        store.reload(access)
    }

    func close() { store.close() }

    /// Claims a call. If another instance has it, waits for that one's outcome.
    ///
    /// - Parameters:
    ///   - deadline: of the request, and so the latest moment at which the call is sent.
    ///   - completion: called once, on the event loop.
    func claim(_ call: Call, until deadline: NIODeadline, _ completion: @escaping (Admission) -> Void) {
        guard deadline > .now() else { return completion(.refused(.inProgress)) }
        let keys = keys.derive(call.route, call.payload.requiredValue)
        let name = Array("tiniapp-auth:call:\(keys.name.text)".utf8)
        store.claim(name, until: deadline, livingFor: configuration.claimAfterDeadline) { claim in
            switch claim {
            case .won(let claim): completion(.make(Ticket(claim: claim, keys: keys)))
            case .ended(let value): completion(self.admission(after: value, keys))
            case .held: completion(.refused(.inProgress))
            case .unavailable: completion(.refused(.storeUnavailable))
            case .closed: completion(.refused(.shuttingDown))
            }
        }
    }

    /// Tells the other instances the outcome of a call, or that its token is free. Does not wait for the store.
    func end(_ ticket: Ticket, _ outcome: AuthOutcome) {
        guard outcome.token != .free else { return store.release(ticket.claim) }
        let now = configuration.upstream.clock()
        let sealed = SealedOutcome(outcome, endedAt: now, key: ticket.keys.sealingKey, nonce: nonces.next())
        store.publish(Array(sealed.bytes), ticket.claim, window: configuration.replayWindow)
    }

    /// Nothing outside the seal is believed. What cannot be opened is not kept: the next request asks the store again.
    private func admission(after value: [UInt8], _ keys: CallKeys) -> Admission {
        guard let opened = SealedOutcome(bytes: Data(value)).open(key: keys.sealingKey) else {
            return .refused(.upstreamInvalidResponse)
        }
        var outcome = opened.outcome
        let now = configuration.upstream.clock()
        outcome.age = Self.age(endedAt: opened.endedAt, now: now, window: configuration.replayWindow)
        return .ended(outcome)
    }

    /// Seconds since a call ended at another instance: from 0 to the window, since the clocks of two machines differ, and
    /// may be set.
    ///
    /// - Parameters:
    ///   - time: when it ended by that machine's clock, in Unix milliseconds.
    ///   - now: by ours.
    static func age(endedAt time: Int64, now: Int64, window: TimeAmount) -> Int {
        let milliseconds = now.subtractingReportingOverflow(time).partialValue
        return Int(min(max(0, milliseconds / 1_000), window.nanoseconds / 1_000_000_000))
    }
}

extension AuthService.Configuration {
    /// How long a claim lives after its request's deadline. Until then the call is sent or not at all; then its answer may be
    /// late, and its outcome stays for the window, in case its instance dies. Some more, since clocks do not run alike.
    var claimAfterDeadline: TimeAmount { lateAnswerTimeout + replayWindow + .seconds(2) }
}
