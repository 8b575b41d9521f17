import NIOCore
import NIOPosix
import Redis
import TestSupport
import Testing

@testable import SharedStore

/// What `check` reports about stores.
struct SharedStoreProbeTests {
    func probe(
        _ server: RedisServer,
        user: String? = nil,
        password: String? = nil,
        timeout: TimeAmount = .seconds(5)
    ) async throws -> SharedStoreProbe.Report {
        var redis = RedisClient.Configuration(try RedisAddress("redis+unix://\(server.path)"))
        redis.user = user
        redis.password = password.map { RedisPassword($0) }
        redis.timeout = timeout
        let configuration = SharedStore.Configuration(redis: redis, markerKey: Array("marker".utf8))
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        return try await SharedStoreProbe(configuration, trust: nil, eventLoop: eventLoop).run()
    }

    @Test("A usable store is reported with its version, and nothing is left in it")
    func good() async throws {
        let server = try await RedisServer.start()
        let report = try await probe(server)
        #expect(report.server.wholeMatch(of: /(Redis|Valkey) \d+\.\d+\.\d+/) != nil)
        #expect(report.warnings == [])
        #expect(try server.run("DBSIZE") == ":0\r\n")
        await server.stop()
    }

    @Test(
        "A store that may forget claims when its memory is full causes a warning",
        arguments: [
            ("noeviction", "100mb", 0), ("allkeys-lru", "0", 0), ("allkeys-lru", "100mb", 1),
            // Claims have a time to live, so they are evicted first.
            ("volatile-ttl", "100mb", 1),
        ]
    )
    func eviction(policy: String, memory: String, count: Int) async throws {
        let server = try await RedisServer.start(["--maxmemory-policy", policy, "--maxmemory", memory])
        let report = try await probe(server)
        #expect(report.warnings.count == count)
        #expect(report.warnings.allSatisfy { $0.contains("maxmemory-policy") })
        await server.stop()
    }

    @Test("A slow store causes a warning, and so does a user who may not ask for the version")
    func more() async throws {
        let server = try await RedisServer.start()
        #expect(
            try await probe(server, timeout: .nanoseconds(1)).warnings == ["it takes longer than the timeout to answer"]
        )
        try server.run("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-info")
        let report = try await probe(server, user: "app", password: "pw")
        #expect(report.server == "of an unknown version")
        #expect(report.warnings.count == 1 && report.warnings[0].contains("INFO"))
        await server.stop()
    }

    @Test("An unusable store is reported with the reason")
    func bad() async throws {
        let server = try await RedisServer.start(password: "s3cret")
        let cases: [(String?, String?, RedisErrorReply)] = [
            (nil, nil, .notAuthenticated), (nil, "wrong", .wrongPassword), ("app", "pw", .noPermission),
        ]
        try server.run("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-eval", password: "s3cret")
        for (user, password, error) in cases {
            let failure = await #expect(throws: SharedStoreProbe.Failure.self) {
                try await probe(server, user: user, password: password)
            }
            #expect(failure?.description == error.text)
        }
        try server.run("REPLICAOF", "127.0.0.1", "1", password: "s3cret")
        let replica = await #expect(throws: SharedStoreProbe.Failure.self) {
            try await probe(server, password: "s3cret")
        }
        #expect(replica?.description == RedisErrorReply.readOnly.text)
        await server.stop()
        let gone = await #expect(throws: SharedStoreProbe.Failure.self) { try await probe(server, password: "s3cret") }
        #expect(gone?.description == "connection refused")
    }

    @Test("The permissions that the page lists are sufficient, and each of them is needed")
    func permissions() async throws {
        let page = try String(contentsOfFile: "\(PackageLayout.root)/docs/operations.md", encoding: .utf8)
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("~* +eval") })
        let rules = line.split(separator: " ").map(String.init)
        let server = try await RedisServer.start()
        for missing in [nil] + rules.dropFirst().map(Optional.some) {
            try server.setUser(["reset", "on", ">pw"] + rules.filter { $0 != missing })
            let outcome = await Result { () async throws -> Bool in
                let report = try await probe(server, user: "app", password: "pw")
                let instance = try Instance("redis+unix://\(server.path)?db=1", user: "app", password: "pw")
                let key = "\(missing ?? "")"
                let isWon = try await instance.claim(key, owner: "a") == .won
                let isFound = try await instance.look(key) == .claim
                let isPublished = try await instance.publish(key, owner: "a", answer: "x") == .done
                try await instance.close()
                return report.warnings.isEmpty && isWon && isFound && isPublished
            }
            #expect((try? outcome.get()) == true || missing != nil, "with all")
            #expect((try? outcome.get()) != true || missing == nil, "without \(missing ?? "")")
        }
        await server.stop()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
