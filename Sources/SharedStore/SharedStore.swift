import LogThrottle
import Logging
import NIOCore
import Redis
import Transport

/// Keeps several instances from making the same call: who claims its key first makes it, the others find its outcome. Knows
/// neither calls nor what is in their outcomes.
///
/// Lives on the event loop. Every completion is called once, on the event loop, possibly before the method returns; at the
/// latest ``Configuration/redis``' timeout after that, or when the store is closed.
package final class SharedStore {
    package struct Configuration: Sendable {
        package var redis: RedisClient.Configuration
        /// Whether a claim has to be a promise, even if there are none for a while after the store has lost its memory.
        package var isRequired = false
        /// The longest that a claim may live: what a loss of memory is waited out for.
        package var longestCall = TimeAmount.seconds(42)
        /// Where the store is marked. The same for all instances.
        package var markerKey: [UInt8]

        package init(redis: RedisClient.Configuration, markerKey: [UInt8]) {
            self.redis = redis
            self.markerKey = markerKey
        }
    }

    /// What a claim has come to.
    package enum Claim: Equatable, Sendable {
        /// The call is the caller's to make.
        case won
        /// Somebody else has the call.
        case held
        /// The call was made, and this is its outcome.
        case answer([UInt8])
        /// The call was sent, and what became of it is not known.
        case unknown(reason: [UInt8])
        /// The store has lost its memory, and a claim is a promise only from then on. Only where the store is required.
        case waiting(until: NIODeadline)
        /// The store could not be asked, or did not answer. It may have taken the claim.
        case failed(RedisFailure)
    }

    /// What has become of an outcome that was to be published, or of a claim that was to be released.
    package enum Change: Equatable, Sendable {
        case done
        /// The key holds what somebody else has put there, since the claim had ended.
        case notOwner
        case failed(RedisFailure)
    }

    /// What a key holds for somebody who waits.
    package enum Held: Equatable, Sendable {
        case nothing
        case claim
        case answer([UInt8])
        case unknown(reason: [UInt8])
        case failed(RedisFailure)
    }

    private let configuration: Configuration
    let eventLoop: any EventLoop
    private let logger: Logger
    private let metrics: SharedStoreMetrics
    private let client: RedisClient
    private var memory: StoreMemory
    /// Which process of the store it is, as it says itself.
    private var run: [UInt8] = []
    private var isMarking = false
    private var losses = LogThrottle()

    /// Opens no connection yet.
    ///
    /// - Parameters:
    ///   - trust: for TLS; needed if the address asks for it.
    package init(
        _ configuration: Configuration,
        trust: TrustedCertificates?,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics: SharedStoreMetrics
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        self.metrics = metrics
        memory = StoreMemory(longestCall: configuration.longestCall)
        client = RedisClient(
            configuration.redis,
            trust: trust,
            eventLoop: eventLoop,
            logger: logger
        )
        client.greet = { [weak self] in self?.greet($0, $1, $2) }
        client.stateDidChange = { [metrics] in metrics.stateDidChange(isUp: $0) }
    }

    /// Opens the connection, and marks the store if it is new.
    package func start() { client.open() }

    /// Has later connections made with another password and other trusted certificates.
    package func reload(password: RedisPassword?, trust: TrustedCertificates?) {
        client.reload(password: password, trust: trust)
    }

    /// Closes the connection. What is under way fails, and so does everything later.
    package func close() { client.close() }

    /// Claims a key.
    ///
    /// - Parameters:
    ///   - owner: another one for each claim.
    ///   - ttl: after which the claim ends by itself; at most ``Configuration/longestCall``. Begins some time before the
    ///     completion: measure it from the call of this method.
    package func claim(
        _ key: [UInt8],
        owner: [UInt8],
        ttl: TimeAmount,
        _ completion: @escaping (Claim) -> Void
    ) {
        let claim = StoreValue.claim(owner: owner)
        client.send(self.command(key, claim, ttl)) { completion(self.outcome(of: $0, claim)) }
    }

    /// Puts the outcome in the place of the owner's claim.
    ///
    /// - Parameter window: how long it stays.
    package func publish(
        _ key: [UInt8],
        owner: [UInt8],
        answer: [UInt8],
        window: TimeAmount,
        _ completion: @escaping (Change) -> Void
    ) {
        let claim = StoreValue.claim(owner: owner)
        change(StoreScripts.publish(key, .answer(answer), inPlaceOf: claim, window: window), completion)
    }

    /// Tells the others that the call was sent and that its outcome is not known.
    ///
    /// - Parameters:
    ///   - reason: a word for those who find it.
    ///   - window: how long it stays.
    package func publishUnknown(
        _ key: [UInt8],
        owner: [UInt8],
        reason: [UInt8],
        window: TimeAmount,
        _ completion: @escaping (Change) -> Void
    ) {
        let claim = StoreValue.claim(owner: owner)
        change(StoreScripts.publish(key, .unknown(reason: reason), inPlaceOf: claim, window: window), completion)
    }

    /// Gives the claim up: nothing was sent, and somebody else may try.
    package func release(_ key: [UInt8], owner: [UInt8], _ completion: @escaping (Change) -> Void) {
        change(StoreScripts.release(key, .claim(owner: owner)), completion)
    }

    /// Looks what a key holds.
    package func look(_ key: [UInt8], _ completion: @escaping (Held) -> Void) {
        client.send(RedisCommand([Array("GET".utf8), key])) { result in
            switch result {
            case .success(.null): completion(.nothing)
            case .success(.string(let bytes)):
                switch StoreValue(bytes) {
                case .claim: completion(.claim)
                case .answer(let sealed): completion(.answer(sealed))
                case .unknown(let reason): completion(.unknown(reason: reason))
                case nil: completion(.failed(self.failed(.unexpectedReply)))
                }
            case .success: completion(.failed(self.failed(.unexpectedReply)))
            case .failure(let failure): completion(.failed(self.failed(failure)))
            }
        }
    }

    private func command(_ key: [UInt8], _ claim: StoreValue, _ ttl: TimeAmount) -> RedisCommand {
        StoreScripts.claim(
            marker: configuration.markerKey,
            // No marker is empty: where the store is required, nothing is claimed then.
            expecting: memory.expected(at: .now()) ?? [],
            isMarkerRequired: configuration.isRequired,
            key,
            claim,
            ttl: ttl
        )
    }

    private func change(_ command: RedisCommand, _ completion: @escaping (Change) -> Void) {
        client.send(command) { result in
            switch result {
            case .success(.integer(1)): completion(.done)
            case .success(.integer(0)): completion(.notOwner)
            case .success: completion(.failed(self.failed(.unexpectedReply)))
            case .failure(let failure): completion(.failed(self.failed(failure)))
            }
        }
    }

    private func outcome(of result: Result<RedisReply, RedisFailure>, _ claim: StoreValue) -> Claim {
        let parts: [RedisReply]
        switch result {
        case .success(.array(let found)) where found.count == 2: parts = found
        case .success: return .failed(failed(.unexpectedReply))
        case .failure(let failure): return .failed(failed(failure))
        }
        var until = memory.settledAt
        if parts[0] != memory.marker.map(RedisReply.string) ?? .null {
            until = .now() + configuration.longestCall
            markAgain()
        }
        guard case .string(let bytes) = parts[1] else { return .waiting(until: until) }
        switch StoreValue(bytes) {
        case claim: return .won
        case .claim: return .held
        case .answer(let sealed): return .answer(sealed)
        case .unknown(let reason): return .unknown(reason: reason)
        case nil: return .failed(failed(.unexpectedReply))
        }
    }

    private func failed(_ failure: RedisFailure) -> RedisFailure {
        metrics.didFail(failure)
        return failure
    }
}

extension SharedStore {
    /// Asks a new connection which process of the store it is, and marks that if it is not.
    private func greet(
        _ connection: RedisConnection,
        _ deadline: NIODeadline,
        _ done: @escaping (RedisFailure?) -> Void
    ) {
        connection.send(RedisCommand("INFO", "server"), deadline: deadline) { result in
            switch result {
            case .success(.string(let text)): self.run = Self.run(in: text)
            case .success: return done(.unexpectedReply)
            // Who may not ask this learns of a store that is empty, and not of one that has an old copy.
            case .failure(.refused(.noPermission)): self.run = Self.run(in: [])
            case .failure(let failure): return done(failure)
            }
            connection.send(self.mark(), deadline: deadline) { done(self.take($0)) }
        }
    }

    /// The line `run_id:…`.
    private static func run(in info: [UInt8]) -> [UInt8] {
        let name = Array("run_id:".utf8)
        let line = info.split { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }.first { $0.starts(with: name) }
        let run = line?.dropFirst(name.count) ?? []
        return run.isEmpty ? Array("-".utf8) : Array(run)
    }

    /// Looks at the marker after a claim has found another one than it expected.
    private func markAgain() {
        guard !isMarking else { return }
        isMarking = true
        client.send(self.mark()) { result in
            self.isMarking = false
            _ = self.take(result).map(self.failed)
        }
    }

    private func mark() -> RedisCommand {
        let generation = Array(String(UInt64.random(in: 0...UInt64.max), radix: 36).utf8)
        return StoreScripts.mark(configuration.markerKey, run: run, generation: generation)
    }

    /// - Returns: what is wrong; nil if nothing is.
    private func take(_ result: Result<RedisReply, RedisFailure>) -> RedisFailure? {
        let parts: [RedisReply]
        switch result {
        case .success(.array(let found)): parts = found
        case .success: return .unexpectedReply
        case .failure(let failure): return failure
        }
        guard parts.count == 3, case .string(let marker) = parts[0], case .string(let time) = parts[2],
            let storeTime = Int64(String(decoding: time, as: UTF8.self))
        else { return .unexpectedReply }
        let previous: [UInt8]? = if case .string(let previous) = parts[1] { previous } else { nil }
        guard memory.take(marker, previous: previous, storeTime: storeTime, at: .now()) == .lost else { return nil }
        metrics.didLoseMemory()
        losses.log(logger, .warning, "\(configuration.redis.name) has come back without its memory")
        return nil
    }
}
