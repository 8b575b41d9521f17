import LogThrottle
import Logging
import NIOCore
import Transport

/// Keeps several instances from making the same call: the first to claim its key makes the call, the others find its
/// outcome. Knows neither the calls nor what their outcomes contain.
///
/// Lives on the event loop.
package final class SharedStore {
    package struct Configuration: Sendable {
        package var address: RedisAddress
        /// nil for the default user.
        package var user: String?
        package var password: RedisPassword?
        /// A file of certificates (PEM) trusted in place of the system's.
        package var caFile: String?
        /// For a connection: name, TCP and TLS.
        var connectTimeout = TimeAmount.seconds(2)
        /// Bytes of one reply.
        var maxReplyBytes = 262_144
        /// How long a claim may wait for the store's reply.
        package var timeout = defaultTimeout
        /// ``timeout`` where nothing else is said.
        package static let defaultTimeout = TimeAmount.milliseconds(250)
        /// How long any other command may, before the connection is closed.
        var longestStall = TimeAmount.seconds(3)
        /// Whether nothing may be sent without a claim that can be relied on.
        package var isRequired = false
        /// How long a claim may live at most, and so how long to wait after a loss of memory.
        package var longestClaim = TimeAmount.seconds(87)

        package init(_ address: RedisAddress) {
            self.address = address
        }

        /// What ``SharedStore/reload(_:)`` takes.
        ///
        /// - Throws: `TrustError` if the file of certificates cannot be used, NIOSSL's error if the system's cannot.
        package func access() throws -> Access {
            Access(
                password: password,
                trust: address.usesTLS ? try TrustedCertificates(caFile: caFile, usesTLS: true) : nil
            )
        }
    }

    /// The password and the trusted certificates, which can change while the process runs.
    package struct Access: Sendable {
        let password: RedisPassword?
        let trust: TrustedCertificates?
    }

    /// The outcome of a claim.
    package enum Claim: Sendable {
        /// The caller is to make the call, and to end it with ``SharedStore/publish(_:_:window:)`` or
        /// ``SharedStore/release(_:)``.
        case won(Ticket)
        /// The call was made, and this is its sealed outcome.
        case ended([UInt8])
        /// Another instance has claimed the call, and did not end it before the deadline.
        case held
        /// The store is required, and cannot be relied on now.
        case unavailable
        case closed
    }

    /// A claim of this process.
    package struct Ticket: Sendable {
        let key: [UInt8]
        let claim: StoreClaim
        /// Whether the store may hold it, now or later.
        var wasSent = true
    }

    /// The pause between two looks at another instance's claim. It doubles each time.
    private static let firstPause = TimeAmount.milliseconds(20)
    private static let longestPause = TimeAmount.milliseconds(200)
    /// How long to wait before a change that failed is sent again.
    private static let repetition = TimeAmount.milliseconds(500)

    private let configuration: Configuration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let metrics: SharedStoreMetrics
    private let client: RedisClient
    private let owner: [UInt8]
    private var claims = 0
    private var owed = OwedChanges()
    private var isRepeating = false
    private let continuity: StoreContinuity
    private var isClosed = false
    private var failures = LogThrottle()
    private var problems = LogThrottle()

    /// Does not open a connection yet.
    ///
    /// - Throws: what ``Configuration/access()`` throws.
    package init(
        _ configuration: Configuration,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics: SharedStoreMetrics
    ) throws {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        self.metrics = metrics
        let name = (0..<2).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }.joined()
        owner = StoreScripts.claimPrefix + Array("\(name).".utf8)
        continuity = StoreContinuity(longestClaim: configuration.longestClaim, logger: logger, metrics: metrics)
        var greet: RedisClient.Greeting = { $1(.closed) }
        client = RedisClient(
            configuration,
            trust: try configuration.access().trust,
            eventLoop: eventLoop,
            logger: logger
        ) { greet($0, $1) }
        greet = { [weak self] in self?.greet($0, $1) }
        continuity.send = { [weak client] in client?.send($0, $1) }
        client.stateDidChange = { [weak self] isUp in
            metrics.stateDidChange(isUp: isUp)
            if isUp { self?.sendOwed() }
        }
    }

    /// Opens the connection, and marks the store if it is new.
    package func start() { client.open() }

    /// Uses another password and other trusted certificates for later connections.
    package func reload(_ access: Access) { client.reload(password: access.password, trust: access.trust) }

    /// Closes the connection. Claims in progress end as ``Claim/closed``, and so do all later ones.
    package func close() {
        isClosed = true
        owed.removeAll()
        client.close()
    }

    /// Whether the store has not heard of every outcome yet.
    package var owesNews: Bool { owed.count > 0 }
}

// Claims.
extension SharedStore {
    /// Claims a key. While another instance has it, asks again and again until the deadline.
    ///
    /// - Parameters:
    ///   - deadline: when the call may be sent at the latest.
    ///   - time: how long after the deadline the claim lives.
    ///   - completion: called once, on the event loop, possibly before this returns.
    package func claim(
        _ key: [UInt8],
        until deadline: NIODeadline,
        livingFor time: TimeAmount,
        _ completion: @escaping (Claim) -> Void
    ) {
        claim(key, until: deadline, livingFor: time, afterHeld: nil, completion)
    }

    /// - Parameter pause: the pause before this attempt if another instance has been seen to have the key, else nil.
    private func claim(
        _ key: [UInt8],
        until deadline: NIODeadline,
        livingFor time: TimeAmount,
        afterHeld pause: TimeAmount?,
        _ completion: @escaping (Claim) -> Void
    ) {
        // What this process knows comes first, even if the store has not heard it yet.
        if let outcome = owed.outcome(of: key, at: .now()) { return completion(.ended(outcome)) }
        claims += 1
        let claim = StoreClaim(owner: owner, number: claims)
        var ticket = Ticket(key: key, claim: claim)
        func retry() {
            let pause = pause.map { min($0 * 2, Self.longestPause) } ?? Self.firstPause
            let next = min(.now() + pause, deadline)
            eventLoop.assumeIsolated().scheduleTask(deadline: next) {
                guard !self.isClosed else { return completion(.closed) }
                guard next < deadline else { return completion(.held) }
                self.claim(key, until: deadline, livingFor: time, afterHeld: pause, completion)
            }
        }
        func goOn(without failure: RedisFailure) {
            didFail(failure)
            if pause != nil { return retry() }
            completion(configuration.isRequired ? .unavailable : .won(ticket))
        }
        if let failure = absence {
            ticket.wasSent = false
            return goOn(without: failure)
        }
        let ttl = deadline + time - .now()
        let isRequired = configuration.isRequired
        ask(StoreScripts.claim(key, continuity.keys, claim, ttl: ttl, isRequired: isRequired)) { result in
            var failure = RedisFailure.unexpectedReply
            switch result {
            case .success(.array(let parts)) where parts.count == 2:
                self.continuity.didFind(parts[0])
                switch parts[1] {
                case .string(claim.bytes): return completion(.won(ticket))
                case .string(let value) where value.starts(with: StoreScripts.claimPrefix): return retry()
                case .string(let value) where value.starts(with: StoreScripts.outcomePrefix):
                    return completion(.ended(Array(value.dropFirst(StoreScripts.outcomePrefix.count))))
                case .null where isRequired: return completion(.unavailable)
                default: break
                }
            case .success: break
            case .failure(.closed): return completion(.closed)
            case .failure(let reason): failure = reason
            }
            // The store may have taken the claim all the same, or may take it later.
            if pause != nil || isRequired { self.release(ticket) }
            goOn(without: failure)
        }
    }

    /// Why the store need not be asked: it is known to be down, or to stall. nil if it can be asked.
    private var absence: RedisFailure? {
        if let since = client.waitingSince, since + configuration.timeout <= .now() { return .timeout }
        return client.outage
    }

    /// Sends a claim, and waits for its reply no longer than the timeout.
    private func ask(_ command: RedisCommand, _ completion: @escaping RedisConnection.Completion) {
        var isOver = false
        let time = client.isOpen ? configuration.timeout : configuration.timeout + configuration.connectTimeout
        let timer = eventLoop.assumeIsolated().scheduleTask(in: time) {
            isOver = true
            completion(.failure(.timeout))
        }
        client.send(command) { result in
            guard !isOver else { return }
            timer.cancel()
            completion(result)
        }
    }

    private func greet(_ connection: RedisConnection, _ done: @escaping (RedisFailure?) -> Void) {
        StoreGreeting.run(on: connection) { result in
            switch result {
            case .failure(let failure):
                done(failure)
            case .success(let findings):
                if !findings.problems.isEmpty {
                    let problems = findings.problems.joined(separator: "; ")
                    guard !self.configuration.isRequired else { return done(.unfit(problems)) }
                    let fields: Logger.Metadata = ["error": "\(problems)"]
                    self.problems.log(self.logger, .warning, "the shared store may lose claims", metadata: fields)
                }
                self.continuity.compare(on: connection, findings.lineage, done)
            }
        }
    }

    private func didFail(_ failure: RedisFailure) {
        metrics.didFail(failure)
        let consequence = configuration.isRequired ? "nothing is sent" : "other instances may send the same token"
        let fields: Logger.Metadata = ["failure": "\(failure.code)"]
        failures.log(logger, .warning, "the shared store fails: \(consequence)", metadata: fields)
    }
}

// What the store must be told.
extension SharedStore {
    /// Replaces the claim with the outcome, now or as soon as the store can be reached.
    ///
    /// - Parameter window: how long the store keeps it.
    package func publish(_ outcome: [UInt8], _ ticket: Ticket, window: TimeAmount) {
        let command = StoreScripts.publish(outcome, ticket.key, ticket.claim, window: window)
        let release = ticket.wasSent ? StoreScripts.release(ticket.key, ticket.claim) : nil
        let end = NIODeadline.now() + window
        send(OwedChanges.Change(key: ticket.key, command: command, outcome: outcome, end: end, last: release))
    }

    /// Releases the claim, now or as soon as the store can be reached: another instance may make the call.
    package func release(_ ticket: Ticket) {
        guard ticket.wasSent else { return }
        send(OwedChanges.Change(key: ticket.key, command: StoreScripts.release(ticket.key, ticket.claim)))
    }

    private func send(_ change: OwedChanges.Change) {
        guard !isClosed else { return }
        sendAgain(owed.add(change))
        metrics.owes(owed.count)
    }

    /// Also while the store stalls: the command then follows the claim, on the same connection.
    private func sendAgain(_ change: OwedChanges.Change) {
        client.send(change.command) { result in
            if case .success(.integer) = result {
                self.owed.remove(change)
            } else {
                self.owed.didFail(change)
                self.repeatLater()
            }
            self.metrics.owes(self.owed.count)
        }
    }

    private func sendOwed() {
        for change in owed.takeUnsent(at: .now()) { sendAgain(change) }
        metrics.owes(owed.count)
    }

    private func repeatLater() {
        guard !isRepeating, !isClosed else { return }
        isRepeating = true
        eventLoop.assumeIsolated().scheduleTask(in: Self.repetition) {
            self.isRepeating = false
            // Otherwise they are sent with the next connection.
            if self.client.isOpen { self.sendOwed() }
            if self.owesNews { self.repeatLater() }
        }
    }
}
