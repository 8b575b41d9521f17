import Glibc
import NIOCore
import TestSupport
import Testing

@testable import SharedStore

/// Tests with two instances and a real store.
struct ClaimTests {
    @Test("If two instances claim a key, one wins, and the other finds the claim and then the answer")
    func answer() async throws {
        let server = try await RedisServer.start()
        let (a, b) = (try Instance(server), try Instance(server))
        #expect(try await a.claim(owner: "a") == .won)
        #expect(try await b.claim(owner: "b") == .held)
        #expect(try await b.look() == .claim)
        #expect(try await a.publish(owner: "a", answer: "sealed") == .done)
        #expect(try await b.claim(owner: "b") == .answer(Array("sealed".utf8)))
        #expect(try await b.look() == .answer(Array("sealed".utf8)))
        for instance in [a, b] { try await instance.close() }
        await server.stop()
    }

    @Test("An unknown outcome is found as such, with its reason")
    func unknown() async throws {
        let server = try await RedisServer.start()
        let (a, b) = (try Instance(server), try Instance(server))
        #expect(try await a.claim(owner: "a") == .won)
        #expect(try await a.publishUnknown(owner: "a", reason: "timeout") == .done)
        #expect(try await b.claim(owner: "b") == .unknown(reason: Array("timeout".utf8)))
        #expect(try await b.wait(within: .seconds(2)) == .unknown(reason: Array("timeout".utf8)))
        for instance in [a, b] { try await instance.close() }
        await server.stop()
    }

    @Test("A released claim can be claimed by another instance; only its owner can release it")
    func release() async throws {
        let server = try await RedisServer.start()
        let (a, b) = (try Instance(server), try Instance(server))
        #expect(try await a.claim(owner: "a") == .won)
        #expect(try await b.release(owner: "b") == .notOwner)
        #expect(try await b.claim(owner: "b") == .held)
        #expect(try await a.release(owner: "a") == .done)
        #expect(try await a.release(owner: "a") == .notOwner)
        #expect(try await b.claim(owner: "b") == .won)
        #expect(try await a.release(owner: "a") == .notOwner)
        #expect(try await a.claim(owner: "a2") == .held)
        for instance in [a, b] { try await instance.close() }
        await server.stop()
    }

    @Test("A claim expires, and its owner's outcome then does not replace another instance's value")
    func expiry() async throws {
        let server = try await RedisServer.start()
        let (a, b) = (try Instance(server), try Instance(server))
        #expect(try await a.claim(owner: "a", ttl: .milliseconds(50)) == .won)
        #expect(try await a.claim("gone", owner: "a", ttl: .milliseconds(50)) == .won)
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await b.claim(owner: "b") == .won)
        #expect(try await a.publish(owner: "a", answer: "old") == .notOwner)
        #expect(try await a.publishUnknown(owner: "a", reason: "old") == .notOwner)
        #expect(try await b.publish(owner: "b", answer: "new") == .done)
        #expect(try await a.publish(owner: "a", answer: "old") == .notOwner)
        #expect(try await a.look() == .answer(Array("new".utf8)))
        // If no other instance came, the late outcome is still useful.
        #expect(try await a.publish("gone", owner: "a", answer: "late") == .done)
        #expect(try await b.look("gone") == .answer(Array("late".utf8)))
        for instance in [a, b] { try await instance.close() }
        await server.stop()
    }

    @Test("An answer is kept for its window and no longer")
    func window() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server)
        #expect(try await a.claim(owner: "a") == .won)
        #expect(try await a.publish(owner: "a", answer: "x", window: .seconds(2)) == .done)
        #expect(try await a.look() == .answer(Array("x".utf8)))
        try await Task.sleep(for: .milliseconds(2_050))
        #expect(try await a.look() == .nothing)
        try await a.close()
        await server.stop()
    }

    @Test("A claim that is sent twice is won twice, and if four instances claim a key at once, one wins")
    func race() async throws {
        let server = try await RedisServer.start()
        let instances = try (0..<4).map { _ in try Instance(server) }
        #expect(try await instances[0].claim("again", owner: "a") == .won)
        #expect(try await instances[0].claim("again", owner: "a") == .won)
        let claims = try await withThrowingTaskGroup(of: (String, SharedStore.Claim).self) { group in
            for key in 0..<50 {
                for (number, instance) in instances.enumerated() {
                    group.addTask { ("\(key)", try await instance.claim("\(key)", owner: "\(key)-\(number)")) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(claims.filter { $0.1 == .won }.map(\.0)).count == 50)
        #expect(claims.count { $0.1 == .won } == 50)
        #expect(claims.count { $0.1 == .held } == 150)
        for instance in instances { try await instance.close() }
        await server.stop()
    }

    @Test("Keys, owners and answers can hold any bytes, and answers can be large")
    func bytes() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server)
        let odd = "\r\n\0$1\r\n*é' ]] end --"
        let large = String(repeating: odd, count: 6_000)
        #expect(try await a.claim(odd, owner: odd) == .won)
        #expect(try await a.publish(odd, owner: odd, answer: large) == .done)
        #expect(try await a.claim(odd, owner: "b") == .answer(Array(large.utf8)))
        try await a.close()
        await server.stop()
    }

    @Test("A key with a foreign value is a failure, and is left unchanged")
    func foreign() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server)
        #expect(try await a.claim("other", owner: "a") == .won)
        try server.run("SET", "text", "hello")
        try server.run("RPUSH", "list", "hello")
        #expect(try await a.claim("text", owner: "a") == .failed(.unexpectedReply))
        #expect(try await a.publish("text", owner: "a", answer: "x") == .notOwner)
        #expect(try await a.look("text") == .failed(.unexpectedReply))
        #expect(try await a.claim("list", owner: "a") == .failed(.refused(.wrongType)))
        #expect(try await a.publish("list", owner: "a", answer: "x") == .failed(.refused(.wrongType)))
        #expect(try await a.look("list") == .failed(.refused(.wrongType)))
        #expect(a.count("failures_total") == 5)
        #expect(try server.run("GET", "text") == "$5\r\nhello\r\n")
        try await a.close()
        await server.stop()
    }

    @Test("A store that is full or a replica is reported as such, and its claims are not won")
    func refusals() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server)
        #expect(try await a.claim("first", owner: "a") == .won)
        try server.run("CONFIG", "SET", "maxmemory", "1")
        #expect(try await a.claim(owner: "a") == .failed(.refused(.outOfMemory)))
        try server.run("CONFIG", "SET", "maxmemory", "0")
        try server.run("REPLICAOF", "127.0.0.1", "1")
        #expect(try await a.claim(owner: "a") == .failed(.refused(.readOnly)))
        try server.run("REPLICAOF", "NO", "ONE")
        #expect(try await a.claimWhenSettled(owner: "a") == .won)
        try await a.close()
        await server.stop()
    }

    @Test("No log line has a key, an owner, an answer or the password")
    func privacy() async throws {
        let server = try await RedisServer.start(password: "s3cret-password")
        let a = try Instance("redis+unix://\(server.path)", password: "s3cret-password")
        #expect(try await a.claim("s3cret-key", owner: "s3cret-owner") == .won)
        #expect(try await a.publish("s3cret-key", owner: "s3cret-owner", answer: "s3cret-answer") == .done)
        try server.run("FLUSHALL", password: "s3cret-password")
        _ = try await a.claim("s3cret-key", owner: "s3cret-owner")
        server.signal(SIGSTOP)
        #expect(try await a.claim("s3cret-key", owner: "s3cret-owner") == .failed(.timeout))
        await server.stop()
        try await eventually("the loss") { a.log.handler.text.contains("cannot connect") }
        #expect(!a.log.handler.text.contains("s3cret"))
        try await a.close()
    }
}
