import Crypto
import FoundationEssentials
import LogThrottle
import Logging
import Metrics
import NIOCore
import Redis
import SharedStore
import Transport
import Upstream

/// Has one of several instances make a call, and gives the others its outcome. Lives on the event loop.
///
/// The store is a bound on double sending and a place for sealed answers. Without it each instance is on its own.
final class ClaimedCalls {
    /// The outcome of a claim.
    enum Admission {
        /// The call is the caller's to make. Its outcome must be given to ``ClaimedCalls/end(_:_:then:)``.
        case make(Ticket)
        /// The call was made elsewhere, or before.
        case ended(AuthOutcome)
        case refused(AuthError)
    }

    /// The right to make a call.
    struct Ticket: Sendable {
        fileprivate let key: [UInt8]
        fileprivate let owner: [UInt8]
        fileprivate let sealingKey: SymmetricKey
    }

    /// A claim outlives the call by this, whatever the clocks say.
    private static let spare = TimeAmount.seconds(2)

    private let store: SharedStore
    private let isRequired: Bool
    private let configuration: AuthService.Configuration
    private let logger: Logger
    private var keys: TokenKeys
    private var nonces = NonceCounter()
    private var failures = LogThrottle()
    private var endingCount = 0

    /// - Returns: nil if this instance is by itself.
    init?(
        _ configuration: AuthService.Configuration,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics factory: any MetricsFactory
    ) throws {
        guard let sharedStore = configuration.sharedStore else { return nil }
        self.configuration = configuration
        self.logger = logger
        isRequired = sharedStore.isRequired
        store = SharedStore(
            sharedStore,
            trust: try configuration.storeTrust(),
            eventLoop: eventLoop,
            logger: logger,
            metrics: SharedStoreMetrics(prefix: "tiniapp_auth", factory)
        )
        keys = TokenKeys(sharedBy: configuration.credentials)
    }

    /// Opens the connection to the store.
    func start() { store.start() }

    /// Whether outcomes are on their way to the store.
    var isTelling: Bool { endingCount > 0 }

    /// Finds calls under other names from now on. Instances that still have the old secret find other ones.
    func reload(_ configuration: AuthService.Configuration, _ trust: TrustedCertificates?) {
        keys = TokenKeys(sharedBy: configuration.credentials)
        store.reload(password: configuration.sharedStore?.redis.password, trust: trust)
    }

    func close() { store.close() }

    /// Claims a call. If another instance has it, waits for that one's outcome.
    ///
    /// - Parameters:
    ///   - deadline: of the request, and so the latest moment at which the call is sent.
    ///   - completion: called once, on the event loop.
    func claim(_ call: Call, until deadline: NIODeadline, _ completion: @escaping (Admission) -> Void) {
        let left = deadline - .now()
        guard left > .zero else { return completion(.refused(.inProgress)) }
        let ticket = ticket(for: call)
        // An instance that dies leaves its claim. A call that it sent is then in doubt for as long as an outcome would
        // be kept.
        let ttl = left + configuration.lateAnswerTimeout + Self.spare + configuration.replayWindow
        store.claim(ticket.key, owner: ticket.owner, ttl: ttl) { claim in
            switch claim {
            case .won: completion(.make(ticket))
            case .held: self.wait(for: call, ticket, until: deadline, completion)
            case .answer(let value): completion(.ended(self.outcome(of: value, ticket)))
            case .unknown(let reason): completion(.ended(Self.outcome(of: reason)))
            case .waiting: completion(.refused(.storeUnavailable))
            case .failed(.closed): completion(.refused(.shuttingDown))
            case .failed(let failure): completion(self.admission(without: ticket, because: failure))
            }
        }
    }

    /// Tells the other instances the outcome of a call.
    ///
    /// - Parameter then: called once the store has it, or could not take it.
    func end(_ ticket: Ticket, _ outcome: AuthOutcome, then: @escaping () -> Void) {
        endingCount += 1
        let done = { (_: SharedStore.Change) in
            self.endingCount -= 1
            then()
        }
        guard outcome.isFinal else { return store.release(ticket.key, owner: ticket.owner, done) }
        switch outcome.result {
        case .success(let answer):
            let sealed = try? SealedAnswer(answer, key: ticket.sealingKey, nonce: nonces.next()).bytes
            let value = withUnsafeBytes(of: configuration.upstream.clock().bigEndian, Array.init) + (sealed ?? Data())
            store.publish(ticket.key, owner: ticket.owner, answer: value, window: configuration.replayWindow, done)
        case .failure:
            let reason = Array((outcome.failureCode ?? "").utf8)
            store.publishUnknown(
                ticket.key,
                owner: ticket.owner,
                reason: reason,
                window: configuration.replayWindow,
                done
            )
        }
    }

    private func ticket(for call: Call) -> Ticket {
        let keys = keys.derive(call.route, call.payload.requiredValue)
        let owner =
            String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
        return Ticket(
            key: Array("tiniapp-auth:call:\(keys.name.text)".utf8),
            owner: Array(owner.utf8),
            sealingKey: keys.seal
        )
    }

    private func wait(
        for call: Call,
        _ ticket: Ticket,
        until deadline: NIODeadline,
        _ completion: @escaping (Admission) -> Void
    ) {
        store.wait(for: ticket.key, until: deadline) { outcome in
            switch outcome {
            case .answer(let value): completion(.ended(self.outcome(of: value, ticket)))
            case .unknown(let reason): completion(.ended(Self.outcome(of: reason)))
            // Given up, since nothing was sent or the token may still work: another instance may try.
            case .gone: self.claim(call, until: deadline, completion)
            case .deadline: completion(.refused(.inProgress))
            case .closed: completion(.refused(.shuttingDown))
            }
        }
    }

    private func admission(without ticket: Ticket, because failure: RedisFailure) -> Admission {
        let message: Logger.Message =
            isRequired
            ? "the shared store fails: nothing is sent"
            : "the shared store fails: other instances may send the same token"
        failures.log(logger, .warning, message, metadata: ["failure": "\(failure.code)"])
        // The store may have taken the claim all the same. If so, the outcome or the release finds it there.
        guard isRequired else { return .make(ticket) }
        store.release(ticket.key, owner: ticket.owner) { _ in }
        return .refused(.storeUnavailable)
    }

    private func outcome(of value: [UInt8], _ ticket: Ticket) -> AuthOutcome {
        let time = value.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let answer = SealedAnswer(bytes: Data(value.dropFirst(8))).open(key: ticket.sealingKey)
        var outcome = AuthOutcome(result: answer.map(Result.success) ?? .failure(.upstreamInvalidResponse))
        outcome.age = Int(max(0, configuration.upstream.clock() - time) / 1_000)
        return outcome
    }

    private static func outcome(of reason: [UInt8]) -> AuthOutcome {
        let code = String(decoding: reason, as: UTF8.self)
        let failure = UpstreamFailure.all.first { $0.code == code }
        var outcome = AuthOutcome(result: .failure(failure == .timeout ? .upstreamTimeout : .upstreamInvalidResponse))
        // One that is not known is another version's.
        outcome.failureCode = AuthOutcome.failureCodes.contains(code) ? code : UpstreamFailure.connectionLost.code
        outcome.age = 0
        return outcome
    }
}

extension TokenKeys {
    /// The same for all instances of an app, and only for them (RFC 5869).
    init(sharedBy credentials: ClientCredentials) {
        self.init(
            root: HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: Array(credentials.secret.utf8)),
                salt: Array(credentials.key.utf8),
                info: Array("tiniapp-auth-backend shared store".utf8),
                outputByteCount: 32
            )
        )
    }
}
