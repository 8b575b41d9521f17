import Logging
import NIOCore
import Redis
import Text
import Transport

/// Finds out whether a store can serve: connects as instances do, makes a claim, and releases it.
package struct SharedStoreProbe: Sendable {
    package struct Report: Sendable {
        /// The server's name and version, as it reports them.
        package var server: String
        /// From a command to its reply, over an open connection.
        package var roundTrip: Duration
        /// Possible problems with the store, worded for operators; empty if none was found.
        package var warnings: [String]
    }

    /// Why the store cannot serve, worded for operators.
    package struct Failure: Error, CustomStringConvertible, Sendable {
        package let description: String
    }

    private let configuration: SharedStore.Configuration
    private let eventLoop: any EventLoop
    private let client: NIOLoopBoundBox<RedisClient>

    /// - Parameter trust: for TLS; needed if the address asks for it.
    package init(_ configuration: SharedStore.Configuration, trust: TrustedCertificates?, eventLoop: any EventLoop) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        var redis = configuration.redis
        // The probe is in no hurry, and reports how long a reply takes.
        redis.timeout = redis.connectTimeout
        client = .makeBoxSendingValue(
            RedisClient(
                redis,
                trust: trust,
                eventLoop: eventLoop,
                logger: Logger(label: "probe") { _ in SwiftLogNoOpLogHandler() }
            ),
            eventLoop: eventLoop
        )
    }

    /// - Throws: ``Failure``.
    package func run() async throws -> Report {
        defer { eventLoop.execute { client.value.close() } }
        // Opens the connection, so that the time for that is not measured.
        _ = try await ask(RedisCommand("PING"))
        let start = ContinuousClock.now
        let info = await fields(try? ask(RedisCommand("INFO")))
        let roundTrip = ContinuousClock.now - start
        try await claim()
        var warnings: [String] = []
        if roundTrip >= Duration(configuration.redis.timeout) {
            warnings.append("it takes longer than the timeout to answer")
        }
        if let policy = info["maxmemory_policy"], policy != "noeviction", info["maxmemory"] != "0" {
            warnings.append("it may forget claims when its memory is full: set its maxmemory-policy to noeviction")
        }
        if info["run_id"] == nil {
            warnings.append("the user may not use INFO, so that a store that comes back with old data is not noticed")
        }
        let name = info["valkey_version"].map { "Valkey \($0)" } ?? info["redis_version"].map { "Redis \($0)" }
        return Report(server: name ?? "of an unknown version", roundTrip: roundTrip, warnings: warnings)
    }

    /// Does what instances do, with a key that only this probe uses.
    private func claim() async throws {
        let name = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let key = configuration.markerKey + Array(":probe:\(name)".utf8)
        let claims = ["a", "b"].map { StoreValue.claim(owner: Array($0.utf8)) }
        for claim in claims {
            let command = StoreScripts.claim(
                marker: configuration.markerKey,
                expecting: [],
                isMarkerRequired: false,
                key,
                claim,
                ttl: .seconds(5)
            )
            guard case .array(let parts) = try await ask(command), parts.last == .string(claims[0].bytes) else {
                throw Failure(description: RedisFailure.unexpectedReply.description)
            }
        }
        guard try await ask(StoreScripts.release(key, claims[0])) == .integer(1) else {
            throw Failure(description: RedisFailure.unexpectedReply.description)
        }
    }

    private func ask(_ command: RedisCommand) async throws -> RedisReply {
        try await eventLoop.flatSubmit {
            let reply = eventLoop.makePromise(of: RedisReply.self)
            client.value.send(command) { result in
                reply.completeWith(
                    result.mapError { failure in
                        guard case .unreachable = failure, let problem = client.value.lastProblem else {
                            return Failure(description: failure.description)
                        }
                        return Failure(description: problem)
                    }
                )
            }
            return reply.futureResult
        }.get()
    }

    /// The `name:value` lines whose value is made of letters, digits, `.` and `-`: versions, policies, numbers.
    private func fields(_ info: RedisReply?) -> [String: String] {
        guard case .string(let bytes) = info else { return [:] }
        let lines = String(decoding: bytes, as: UTF8.self).split { $0 == "\r\n" || $0 == "\n" }
        let pairs = lines.compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[1].utf8.allSatisfy({ $0.isASCIILetterOrDigit || ".-".utf8.contains($0) })
            else { return nil }
            return (String(parts[0]), String(parts[1].prefix(40)))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
