import Glibc
import NIOCore
import TestSupport
import Testing

@testable import SharedStore

struct ClaimTests {
    let server: RedisServer
    let a: Instance
    let b: Instance

    init() async throws {
        server = try await RedisServer()
        (a, b) = (try Instance(server.url), try Instance(server.url))
    }

    @Test("If two instances claim a key, one wins, and the other waits for the outcome")
    func outcome() async throws {
        let ticket = try await a.ticket()
        #expect(try await b.claim().word == "held")
        async let waiting = b.claim(within: .seconds(30), ttl: .seconds(60))
        try await Task.sleep(for: .milliseconds(100))
        try await a.publish("sealed", ticket)
        #expect(try await waiting.word == "ended: sealed")
        #expect(try await b.claim().word == "ended: sealed")
    }

    @Test("A released claim goes to the instance that waits for it, and only its owner can release it")
    func release() async throws {
        let first = try await a.ticket()
        async let waiting = b.claim(within: .seconds(30), ttl: .seconds(60))
        try await Task.sleep(for: .milliseconds(100))
        try await a.release(first)
        #expect(try await waiting.word == "won")
        try await a.release(first)
        try await a.untilHeard()
        #expect(try await a.claim().word == "held")
    }

    @Test("An instance takes over its own claim, and the earlier claim's release then changes nothing")
    func own() async throws {
        let first = try await a.ticket()
        let second = try await a.ticket()
        try await a.release(first)
        try await a.untilHeard()
        #expect(try await b.claim().word == "held")
        try await a.release(second)
        try await a.untilHeard()
        #expect(try await b.claim().word == "won")
    }

    @Test("A claim expires, and its owner's outcome then does not replace another instance's value")
    func expiry() async throws {
        let ticket = try await a.ticket(ttl: .milliseconds(60))
        let gone = try await a.ticket("gone", ttl: .milliseconds(60))
        let other = try await b.claim(within: .seconds(30), ttl: .seconds(60))
        guard case .won(let other) = other else { throw TestSupportError("not won") }
        try await a.publish("old", ticket)
        try await a.untilHeard()
        try await b.publish("new", other)
        try await b.untilHeard()
        try await a.publish("old", ticket)
        try await a.untilHeard()
        #expect(try await a.claim().word == "ended: new")
        // If no other instance came, the late outcome is still useful.
        try await a.publish("late", gone)
        #expect(try await b.claim("gone", within: .seconds(30)).word == "ended: late")
    }

    @Test("An outcome is kept for its window and no longer")
    func window() async throws {
        try await a.publish("x", try await a.ticket(), window: .seconds(2))
        try await a.untilHeard()
        #expect(try await a.claim().word == "ended: x")
        try await Task.sleep(for: .milliseconds(2_050))
        #expect(try await a.claim().word == "won")
    }

    @Test("Keys and outcomes can hold any bytes, and outcomes can be large")
    func bytes() async throws {
        let odd = "\r\n\0$1\r\n*é' ]] end --"
        let large = String(repeating: odd, count: 6_000)
        try await a.publish(large, try await a.ticket(odd))
        #expect(try await b.claim(odd, within: .seconds(30)).word == "ended: \(large)")
    }

    @Test("A key with a foreign value is left unchanged, and a store that is required is not used for it")
    func foreign() async throws {
        let required = try Instance(server.url, isRequired: true)
        try server.run("SET", "tiniapp-auth:call:text", "hello")
        try server.run("RPUSH", "tiniapp-auth:call:list", "hello")
        _ = try await required.claimWhenSettled("other")
        for key in ["text", "list"] {
            #expect(try await a.claim(key).word == "won")
            #expect(try await required.claim(key).word == "unavailable")
            #expect(a.count("failures_total") + required.count("failures_total") > 0)
        }
        #expect(try server.run("GET", "tiniapp-auth:call:text") == "$5\r\nhello\r\n")
    }

    @Test("Claims in progress end as closed when the store is closed, and so do later ones")
    func close() async throws {
        _ = try await a.ticket()
        async let waiting = b.claim(within: .seconds(20))
        try await Task.sleep(for: .milliseconds(30))
        try await b.close()
        #expect(try await waiting.word == "closed")
        #expect(try await b.claim().word == "closed")
    }

    @Test("No log line has a key, an outcome or the password")
    func privacy() async throws {
        let server = try await RedisServer(password: "s3cret-password")
        let a = try Instance(server.url, password: "s3cret-password")
        try await a.publish("s3cret-answer", try await a.ticket("s3cret-key"))
        try await a.untilHeard()
        try server.run("FLUSHALL", password: "s3cret-password")
        _ = try await a.claim("s3cret-key")
        server.signal(SIGSTOP)
        #expect(try await a.claim("s3cret-key").word == "won")
        server.stop()
        try await eventually("the loss") { a.log.handler.text.contains("cannot connect") }
        #expect(!a.log.handler.text.contains("s3cret"))
    }
}
