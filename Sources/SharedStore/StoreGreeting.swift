import NIOCore
import Text

/// What a server says about itself, and what of it breaks the store's promise.
struct StoreFindings: Equatable, Sendable {
    /// Its name and version.
    let server: String
    /// Changes when it may have lost its memory: see ``StoreMarker``.
    let lineage: String
    /// Conditions that it does not meet, for operators: claims may get lost.
    let problems: [String]

    /// - Parameter info: its reply to `INFO`; nil if the user may not ask.
    init(info: [UInt8]?) {
        guard let fields = info.map(Self.fields) else {
            (server, lineage) = ("of an unknown version", "-")
            problems = [
                "the user lacks a permission: +info; without it, version, role and maxmemory-policy are not known"
            ]
            return
        }
        let valkey = fields["valkey_version"].map { "Valkey \($0)" }
        let redis = fields["redis_version"].map { "Redis \($0)" }
        server = valkey ?? redis ?? "of an unknown version"
        lineage = fields["master_replid"] ?? fields["run_id"] ?? "-"
        var problems: [String] = []
        let major = fields["redis_version"].flatMap { Int($0.prefix { $0 != "." }) } ?? 0
        if valkey == nil, major < 7 { problems.append("it is older than Redis 7.0") }
        if fields["role"] == "slave" { problems.append("it is a replica") }
        let policy = fields["maxmemory_policy"] ?? "unknown"
        if policy != "noeviction", fields["maxmemory"] != "0" {
            problems.append(
                "its maxmemory-policy is \(policy), which drops claims when its memory is full; use noeviction"
            )
        }
        self.problems = problems
    }

    /// The `name:value` lines whose value has up to 40 letters, digits, `.` and `-`: versions, policies, numbers, ids.
    private static func fields(_ info: [UInt8]) -> [String: String] {
        let pairs = info.split { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }.compactMap { line in
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2, parts[1].count <= 40,
                parts[1].allSatisfy({ $0.isASCIILetterOrDigit || ".-".utf8.contains($0) })
            else { return nil as (String, String)? }
            return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

/// Tries on a new connection everything that the store's promise depends on: who the server is, each command that is needed,
/// and each script, with keys that nothing else uses. All of it takes one round trip.
enum StoreGreeting {
    /// - Parameter done: called once, with the findings, or with the reason why the store cannot be used at all.
    static func run(
        on connection: RedisConnection,
        _ done: @escaping (Result<StoreFindings, RedisFailure>) -> Void
    ) {
        var findings = StoreFindings(info: nil)
        var failure: RedisFailure?
        connection.send(RedisCommand("INFO")) { result in
            switch result {
            case .success(.string(let info)): findings = StoreFindings(info: info)
            case .failure(.refused(.noPermission)), .failure(.refused(.unknownCommand)): break
            case .success: failure = .unexpectedReply
            case .failure(let reason): failure = reason
            }
        }
        let steps = steps()
        for (index, step) in steps.enumerated() {
            connection.send(step.command) { result in
                switch result {
                case .success(let reply) where reply == step.reply: break
                case .success: failure = failure ?? .unexpectedReply
                case .failure(.refused(.noPermission)): failure = failure ?? .notAllowed(step.rule)
                case .failure(let reason): failure = failure ?? reason
                }
                if index == steps.count - 1 { done(failure.map(Result.failure) ?? .success(findings)) }
            }
        }
    }

    /// The commands, each with the permission that it needs and the reply that it must get.
    private static func steps() -> [(rule: String, command: RedisCommand, reply: RedisReply)] {
        let name = "tiniapp-auth:probe:\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let key = Array(name.utf8)
        let keys = StoreScripts.MarkerKeys(marker: Array("\(name):m".utf8), settling: Array("\(name):s".utf8))
        let claim = StoreClaim(owner: StoreScripts.claimPrefix, number: 1)
        let marker = StoreMarker(lineage: "probe")
        let time = TimeAmount.seconds(5)
        return [
            ("+eval", RedisCommand("EVAL", "return 7", "0"), .integer(7)),
            ("+set", RedisCommand("SET", name, "x", "PX", "5000"), .status("OK")),
            ("+get", RedisCommand("GET", name), .string(Array("x".utf8))),
            ("+del", RedisCommand("DEL", name), .integer(1)),
            (
                "", StoreScripts.claim(key, keys, claim, ttl: time, isRequired: false),
                .array([.null, .string(claim.bytes)])
            ),
            ("", StoreScripts.release(key, claim), .integer(1)),
            ("", StoreScripts.publish([], key, claim, window: time), .integer(1)),
            ("", StoreScripts.mark(keys, marker, inPlaceOf: nil, settlingFor: time), .string(marker.bytes)),
            ("", RedisCommand([Array("DEL".utf8), key, keys.marker, keys.settling]), .integer(3)),
        ]
    }
}
