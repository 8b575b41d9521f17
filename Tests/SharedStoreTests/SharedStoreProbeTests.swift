import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import SharedStore

/// What `check` reports about stores, and whether instances agree with it.
struct SharedStoreProbeTests {
    /// The probe's verdict, and that of an instance that requires the store.
    struct Verdict {
        var problems: [String] = []
        var failure: String?
        var instance = ""

        var isGood: Bool { failure == nil && problems.isEmpty }
    }

    func probe(_ url: String, user: String? = nil, password: String? = nil) async throws -> SharedStoreProbe.Report {
        var configuration = SharedStore.Configuration(try RedisAddress(url))
        configuration.user = user
        configuration.password = password.map { RedisPassword($0) }
        return try await SharedStoreProbe(configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.any()).run()
    }

    func verdict(_ server: RedisServer, user: String? = nil, password: String? = nil) async throws -> Verdict {
        let url = "\(server.url)?db=1"
        var verdict = Verdict()
        do {
            verdict.problems = try await probe(url, user: user, password: password).problems
        } catch let failure as SharedStoreProbe.Failure {
            verdict.failure = failure.description
        }
        let instance = try Instance(
            url,
            isRequired: true,
            longestClaim: .milliseconds(10),
            user: user,
            password: password
        )
        for _ in 0..<20 {
            verdict.instance = try await instance.claim(ttl: .milliseconds(100)).word
            // A new store must settle first.
            if verdict.instance == "won" || !verdict.isGood { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect((verdict.instance == "won") == verdict.isGood, "check and serve agree: \(verdict)")
        return verdict
    }

    @Test("A usable store is reported with its version, and the probe leaves nothing in it")
    func good() async throws {
        let server = try await RedisServer()
        let report = try await probe(server.url)
        #expect(report.server.wholeMatch(of: /(Redis|Valkey) \d+\.\d+\.\d+/) != nil)
        #expect(report.problems == [])
        #expect(try server.run("DBSIZE") == ":0\r\n")
        await server.stop()
    }

    @Test(
        "A store that drops claims when its memory is full is not used where it is required",
        arguments: [
            ("noeviction", "100mb", true), ("allkeys-lru", "0", true), ("allkeys-lru", "100mb", false),
            // Claims have a time to live.
            ("volatile-ttl", "100mb", false), ("volatile-lru", "100mb", false),
        ]
    )
    func eviction(policy: String, memory: String, isGood: Bool) async throws {
        let server = try await RedisServer(["--maxmemory-policy", policy, "--maxmemory", memory])
        let verdict = try await verdict(server)
        #expect(verdict.isGood == isGood)
        #expect(verdict.problems.allSatisfy { $0.contains("maxmemory-policy is \(policy)") })
        await server.stop()
    }

    @Test(
        "An old version is not used where the store is required, and any Valkey is",
        arguments: [
            ("redis_version:6.2.14", "Redis 6.2.14", false), ("redis_version:5.0.7", "Redis 5.0.7", false),
            ("redis_version:7.0.0", "Redis 7.0.0", true), ("redis_version:10.1", "Redis 10.1", true),
            ("redis_version:7.2.4\r\nvalkey_version:8.1.1", "Valkey 8.1.1", true),
            ("redis_version:99999999999999999999", "Redis 99999999999999999999", false),
            ("redis_version:-8", "Redis -8", false), ("x:y", "of an unknown version", false),
        ]
    )
    func versions(info: String, server: String, isGood: Bool) {
        let findings = StoreFindings(info: Array("\(info)\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n".utf8))
        #expect(findings.server == server)
        #expect(findings.problems.isEmpty == isGood)
    }

    @Test("A store that says that it is a replica, or nothing of its policy, has a problem")
    func roles() {
        let replica = "redis_version:7.0.1\r\nrole:slave\r\nmaxmemory_policy:noeviction"
        #expect(StoreFindings(info: Array(replica.utf8)).problems == ["it is a replica"])
        #expect(StoreFindings(info: Array("redis_version:7.0.1\nrole:master".utf8)).problems.count == 1)
    }

    @Test("An unusable store is reported with the reason")
    func bad() async throws {
        let server = try await RedisServer(password: "s3cret")
        #expect(try await verdict(server).failure == RedisErrorReply.notAuthenticated.text)
        #expect(try await verdict(server, password: "wrong").failure == RedisErrorReply.wrongPassword.text)
        try server.run("REPLICAOF", "127.0.0.1", "1", password: "s3cret")
        #expect(try await verdict(server, password: "s3cret").failure == RedisErrorReply.readOnly.text)
        await server.stop()
        #expect(try await verdict(server, password: "s3cret").failure == "connection refused")
    }

    @Test("A store that has INFO or EVAL renamed is reported, and not used where it is required")
    func renamed() async throws {
        for (command, part) in [("INFO", "+info"), ("EVAL", RedisErrorReply.unknownCommand.text)] {
            let server = try await RedisServer(["--rename-command", command, "MY\(command)"])
            let verdict = try await verdict(server)
            #expect((verdict.failure ?? verdict.problems.joined()).contains(part))
            await server.stop()
        }
    }

    @Test("The permissions that the page lists are sufficient, each of them is needed, and a missing one is named")
    func permissions() async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let page = try String(contentsOf: folder.appendingPathComponent("../../docs/scaling.md"), encoding: .utf8)
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("~tiniapp-auth:* ") })
        let rules = line.split(separator: " ").map(String.init)
        let server = try await RedisServer()
        for missing in [nil] + rules.map(Optional.some) {
            try server.setUser(["reset", "on", ">pw"] + rules.filter { $0 != missing })
            let verdict = try await verdict(server, user: "app", password: "pw")
            guard let missing else {
                #expect(verdict.isGood, "with all")
                continue
            }
            #expect(!verdict.isGood, "without \(missing)")
            let text = verdict.failure ?? verdict.problems.joined()
            #expect(text.contains(missing.drop { $0 == "~" }), "without \(missing): \(text)")
        }
        await server.stop()
    }
}
