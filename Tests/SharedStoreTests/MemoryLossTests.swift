import Glibc
import NIOCore
import TestSupport
import Testing

@testable import SharedStore

/// Checks that two instances both notice when a store comes back without its memory.
struct MemoryLossTests {
    enum Loss: String, CaseIterable {
        case flush
        case emptyRestart
        /// A restart with a copy of everything, including the marker, that is older than the claims.
        case oldCopy
        case markerDeleted
    }

    func lose(_ loss: Loss, _ server: RedisServer) async throws {
        switch loss {
        case .flush: try server.run("FLUSHALL")
        case .markerDeleted: try server.run("DEL", "marker", "k")
        case .emptyRestart, .oldCopy:
            await server.stop()
            try await server.startAgain()
        }
    }

    @Test(
        "If the store is required, both instances wait for the longest call before a claim is won again",
        arguments: Loss.allCases
    )
    func required(loss: Loss) async throws {
        let server = try await RedisServer.start(loss == .oldCopy ? ["--save", "900 1000000"] : [])
        let (a, b) = (try Instance(server, isRequired: true), try Instance(server, isRequired: true))
        // The store is new to both, so its memory may have been lost a moment ago.
        let started = ContinuousClock.now
        #expect(try await a.claim(owner: "a0").isWaiting)
        #expect(try await a.claimWhenSettled("before", owner: "a1") == .won)
        #expect(ContinuousClock.now - started >= .milliseconds(650))
        #expect(try await b.claimWhenSettled("before", owner: "b1") == .held)
        if loss == .oldCopy { try server.run("SAVE") }
        #expect(try await a.claim(owner: "a2", ttl: .milliseconds(700)) == .won)

        let lost = ContinuousClock.now
        try await lose(loss, server)
        async let first = b.claimWhenSettled(owner: "b3")
        async let second = a.claimWhenSettled(owner: "a3")
        let claims = try await [first, second]
        #expect(ContinuousClock.now - lost >= .milliseconds(700))
        #expect(claims.count { $0 == .won } == 1 && claims.count { $0 == .held } == 1)
        for instance in [a, b] {
            #expect(instance.count("memory_losses_total") == 1)
            #expect(instance.log.handler.text.contains("the shared store has come back without its memory"))
            try await instance.close()
        }
        await server.stop()
    }

    @Test(
        "If the store is not required, claims are won at once, and both instances count and log the loss",
        arguments: Loss.allCases
    )
    func optional(loss: Loss) async throws {
        let server = try await RedisServer.start(loss == .oldCopy ? ["--save", "900 1000000"] : [])
        let (a, b) = (try Instance(server), try Instance(server))
        #expect(try await a.claim("before", owner: "a") == .won)
        #expect(try await b.claim("before", owner: "b") == .held)
        if loss == .oldCopy { try server.run("SAVE") }
        #expect(try await a.claim(owner: "a") == .won)
        try await lose(loss, server)
        #expect(try await b.claimWhenSettled(owner: "b") == .won)
        #expect(try await a.claimWhenSettled("x", owner: "a") == .won)
        for instance in [a, b] {
            try await eventually("the count") { instance.count("memory_losses_total") == 1 }
            try await instance.close()
        }
        await server.stop()
    }

    @Test("An existing answer is found even while claims must wait")
    func answersMeanwhile() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server, isRequired: true, longestCall: .seconds(30))
        #expect(try await a.claim(owner: "a").isWaiting)
        try server.run("SET", "k", "answer:x")
        try server.run("SET", "c", "claim:x")
        #expect(try await a.claim(owner: "a") == .answer(Array("x".utf8)))
        #expect(try await a.claim("c", owner: "a") == .held)
        #expect(try await a.look("never") == .nothing)
        try await a.close()
        await server.stop()
    }

    @Test("A new instance uses a store that was marked long ago at once, over any number of connections")
    func noWaitWithoutLoss() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server, isRequired: true)
        #expect(try await a.claimWhenSettled(owner: "a") == .won)
        let b = try Instance(server, isRequired: true)
        #expect(try await b.claim("x", owner: "b") == .won)
        try server.run("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        #expect(try await b.claimWhenSettled("y", owner: "b") == .won)
        #expect(a.count("memory_losses_total") == 0 && b.count("memory_losses_total") == 0)
        for instance in [a, b] { try await instance.close() }
        await server.stop()
    }

    @Test("A user who may not use INFO still notices an emptied store")
    func withoutInfo() async throws {
        let server = try await RedisServer.start()
        try server.run("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-info")
        let a = try Instance("redis+unix://\(server.path)", user: "app", password: "pw")
        #expect(try await a.claim(owner: "a") == .won)
        try server.run("FLUSHALL")
        #expect(try await a.claim(owner: "b") == .won)
        try await eventually("the count") { a.count("memory_losses_total") == 1 }
        try await a.close()
        await server.stop()
    }
}
