import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import SharedStore

/// What `check` reports about stores, and whether instances agree with it.
struct SharedStoreProbeTests {
    func probe(_ url: String, user: String? = nil, password: String? = nil) async throws -> SharedStoreProbe.Report {
        var configuration = SharedStore.Configuration(try RedisAddress(url))
        configuration.user = user
        configuration.password = password.map { RedisPassword($0) }
        return try await SharedStoreProbe(configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.any()).run()
    }

    /// What the probe finds wrong. An instance that requires the store must agree.
    func verdict(_ server: RedisServer, user: String? = nil, password: String? = nil) async throws -> String {
        let url = "\(server.url)?db=1"
        var verdict: String
        do {
            verdict = try await probe(url, user: user, password: password).problems.joined()
        } catch let failure as SharedStoreProbe.Failure {
            verdict = failure.description
        }
        let instance = try Instance(
            url,
            isRequired: true,
            longestClaim: .milliseconds(10),
            user: user,
            password: password
        )
        var claim = ""
        for _ in 0..<20 {
            claim = try await instance.claim(ttl: .milliseconds(100)).word
            // A new store must settle first.
            if claim == "won" || !verdict.isEmpty { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect((claim == "won") == verdict.isEmpty, "check and serve agree: \(verdict)")
        return verdict
    }

    @Test("A usable store is reported with its version, and the probe leaves nothing in it")
    func good() async throws {
        let server = try await RedisServer()
        let report = try await probe(server.url)
        #expect(report.server.wholeMatch(of: /(Redis|Valkey) \d+\.\d+\.\d+/) != nil)
        #expect(report.problems == [])
        #expect(try server.run("DBSIZE") == ":0\r\n")
    }

    @Test(
        "An old version, a replica or a store that drops claims when its memory is full is not used where it is required",
        arguments: [
            ("redis_version:6.2.14", "Redis 6.2.14", false), ("redis_version:5.0.7", "Redis 5.0.7", false),
            ("redis_version:7.0.0", "Redis 7.0.0", true), ("redis_version:10.1", "Redis 10.1", true),
            ("redis_version:7.2.4\r\nvalkey_version:8.1.1", "Valkey 8.1.1", true),
            ("redis_version:99999999999999999999", "Redis 99999999999999999999", false),
            ("redis_version:-8", "Redis -8", false), ("x:y", "of an unknown version", false),
            ("role:slave\r\nredis_version:7.0.1", "Redis 7.0.1", false),
            ("maxmemory_policy:allkeys-lru\r\nmaxmemory:0\r\nredis_version:8.0.0", "Redis 8.0.0", true),
            ("maxmemory_policy:allkeys-lru\r\nmaxmemory:100\r\nredis_version:8.0.0", "Redis 8.0.0", false),
            // Claims have a time to live.
            ("maxmemory_policy:volatile-ttl\r\nmaxmemory:100\r\nredis_version:8.0.0", "Redis 8.0.0", false),
        ]
    )
    func findings(info: String, server: String, isGood: Bool) {
        let findings = StoreFindings(info: Array("\(info)\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n".utf8))
        #expect(findings.server == server)
        #expect(findings.problems.isEmpty == isGood)
    }

    @Test("A store that says nothing of its policy has a problem")
    func noPolicy() {
        #expect(StoreFindings(info: Array("redis_version:7.0.1\nrole:master".utf8)).problems.count == 1)
    }

    @Test("An unusable store is reported with the reason")
    func bad() async throws {
        let server = try await RedisServer(password: "s3cret")
        #expect(try await verdict(server) == RedisErrorReply.notAuthenticated.text)
        #expect(try await verdict(server, password: "wrong") == RedisErrorReply.wrongPassword.text)
        #expect(try await verdict(server, password: "s3cret") == "")
        try server.run("CONFIG", "SET", "maxmemory-policy", "volatile-lru", "maxmemory", "100mb", password: "s3cret")
        #expect(try await verdict(server, password: "s3cret").contains("maxmemory-policy is volatile-lru"))
        try server.run("REPLICAOF", "127.0.0.1", "1", password: "s3cret")
        #expect(try await verdict(server, password: "s3cret") == RedisErrorReply.readOnly.text)
        server.stop()
        #expect(try await verdict(server, password: "s3cret") == "connection refused")
    }

    @Test("The permissions that the page lists are sufficient, each of them is needed, and a missing one is named")
    func permissions() async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let page = try String(contentsOf: folder.appendingPathComponent("../../docs/scaling.md"), encoding: .utf8)
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("~tiniapp-auth:* ") })
        let rules = line.split(separator: " ").map(String.init)
        let server = try await RedisServer()
        for missing in [nil] + rules.map(Optional.some) {
            let user = ["ACL", "SETUSER", "app", "reset", "on", ">pw"] + rules.filter { $0 != missing }
            #expect(try server.run(user) == "+OK\r\n")
            let verdict = try await verdict(server, user: "app", password: "pw")
            if let missing {
                #expect(verdict.contains(missing.drop { $0 == "~" }), "without \(missing)")
            } else {
                #expect(verdict == "", "with all")
            }
        }
    }
}
