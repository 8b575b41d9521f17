import LogThrottle
import Logging
import NIOCore
import Redis
import Transport

/// Keeps several instances from making the same call: the first to claim its key makes the call, the others find its
/// outcome. Knows neither the calls nor what their outcomes contain.
///
/// Lives on the event loop. Every completion is called once, on the event loop, possibly before the method returns; at
/// the latest after the timeout in ``Configuration/redis``, or when the store is closed.
package final class SharedStore {
    package struct Configuration: Sendable {
        package var redis: RedisClient.Configuration
        /// Whether claims must be reliable, even if that means that nothing can be claimed for a while after the store
        /// has lost its memory.
        package var isRequired = false
        /// How long a claim may live at most, and so how long to wait after a loss of memory.
        package var longestCall = TimeAmount.seconds(42)
        /// The key of the marker, the same for all instances.
        package var markerKey: [UInt8]

        package init(redis: RedisClient.Configuration, markerKey: [UInt8]) {
            self.redis = redis
            self.markerKey = markerKey
        }
    }

    /// The outcome of a claim.
    package enum Claim: Equatable, Sendable {
        /// The caller is to make the call.
        case won
        /// Another instance has claimed the call.
        case held
        /// The call was made, and this is its outcome.
        case answer([UInt8])
        /// The call was sent, and its outcome is not known.
        case unknown(reason: [UInt8])
        /// The store has lost its memory, and claims can be relied on only from then on. Only if the store is required.
        case waiting(until: NIODeadline)
        /// The store could not be asked, or did not answer. The claim may have been made.
        case failed(RedisFailure)
    }

    /// The result of publishing an outcome or releasing a claim.
    package enum Change: Equatable, Sendable {
        case done
        /// The claim had ended, and the key now holds another instance's value.
        case notOwner
        case failed(RedisFailure)
    }

    /// The value of a key.
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
    /// The id of the store's process, as it reports it.
    private var run: [UInt8] = []
    private var isMarking = false
    private var losses = LogThrottle()

    /// Does not open a connection yet.
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

    /// Uses another password and other trusted certificates for later connections.
    package func reload(password: RedisPassword?, trust: TrustedCertificates?) {
        client.reload(password: password, trust: trust)
    }

    /// Closes the connection. Requests in progress fail, and so do all later ones.
    package func close() { client.close() }

    /// Claims a key.
    ///
    /// - Parameters:
    ///   - owner: different for each claim.
    ///   - ttl: when the claim expires; at most ``Configuration/longestCall``. It starts some time before the
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

    /// Replaces the owner's claim with the outcome.
    ///
    /// - Parameter window: how long the store keeps it.
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

    /// Tells the other instances that the call was sent and that its outcome is not known.
    ///
    /// - Parameters:
    ///   - reason: a code for the instances that find it.
    ///   - window: how long the store keeps it.
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

    /// Releases the claim: nothing was sent, and another instance may try.
    package func release(_ key: [UInt8], owner: [UInt8], _ completion: @escaping (Change) -> Void) {
        change(StoreScripts.release(key, .claim(owner: owner)), completion)
    }

    /// Looks up what a key holds.
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
            // Markers are never empty, so if the store is required, this claims nothing.
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
    /// Asks over a new connection which process of the store it is, and marks it if it is not marked yet.
    private func greet(
        _ connection: RedisConnection,
        _ deadline: NIODeadline,
        _ done: @escaping (RedisFailure?) -> Void
    ) {
        connection.send(RedisCommand("INFO", "server"), deadline: deadline) { result in
            switch result {
            case .success(.string(let text)): self.run = Self.run(in: text)
            case .success: return done(.unexpectedReply)
            // Without permission we notice an emptied store, but not one that has an old copy.
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

    /// Asks for the marker after a claim has found a different one than it expected.
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

    /// - Returns: the problem; nil if the reply was usable.
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
