import Glibc
import NIOCore
import TestSupport
import Testing

@testable import SharedStore

struct MemoryLossTests {
    let server: RedisServer

    init() async throws {
        // It has a copy only of what a test saves.
        server = try await RedisServer(["--save", "900 1000000"])
    }

    enum Loss: String, CaseIterable {
        case flush
        case emptyRestart
        /// A restart with a copy of everything, including the marker, that is older than the claims.
        case oldCopy
        case markerDeleted
    }

    func lose(_ loss: Loss) async throws {
        switch loss {
        case .flush: try server.run("FLUSHALL")
        case .markerDeleted: try server.run("DEL", "tiniapp-auth:marker", "tiniapp-auth:call:k")
        case .emptyRestart, .oldCopy:
            server.stop()
            try await server.start()
        }
    }

    @Test(
        "Both instances notice a loss, and if the store is required, wait for the longest call before a claim is won",
        arguments: Loss.allCases,
        [false, true]
    )
    func both(loss: Loss, isRequired: Bool) async throws {
        let a = try Instance(server.url, isRequired: isRequired)
        let b = try Instance(server.url, isRequired: isRequired)
        // The store is new to both, so its memory may have been lost a moment ago.
        let started = ContinuousClock.now
        #expect(try await a.claim("new").word == (isRequired ? "unavailable" : "won"))
        #expect(try await a.claimWhenSettled("before").word == "won")
        if isRequired { #expect(ContinuousClock.now - started >= .milliseconds(650)) }
        #expect(try await b.claimWhenSettled("before").word == "held")
        if loss == .oldCopy { try server.run("SAVE") }
        #expect(try await a.claim(ttl: .milliseconds(700)).word == "won")

        let lost = ContinuousClock.now
        try await lose(loss)
        async let first = b.claimWhenSettled()
        async let second = a.claimWhenSettled()
        let claims = try await [first.word, second.word].sorted()
        if isRequired {
            #expect(ContinuousClock.now - lost >= .milliseconds(690))
            #expect(claims == ["held", "won"])
        }
        for instance in [a, b] {
            // If the store is not required, a claim may have gone on without it.
            try await eventually("another claim") {
                _ = try await instance.claim("x")
                return instance.count("memory_losses_total") == 1
            }
            #expect(instance.log.handler.text.contains("the shared store has come back without its memory"))
        }
    }

    @Test("An existing outcome is found even while claims must wait")
    func outcomesMeanwhile() async throws {
        let a = try Instance(server.url, isRequired: true, longestClaim: .seconds(30))
        #expect(try await a.claim().word == "unavailable")
        try server.run("SET", "tiniapp-auth:call:k", "outcome:x")
        try server.run("SET", "tiniapp-auth:call:c", "claim:x")
        #expect(try await a.claim().word == "ended: x")
        #expect(try await a.claim("c").word == "held")
    }

    @Test("A new instance uses a store that was marked long ago at once, over any number of connections")
    func noWaitWithoutLoss() async throws {
        let a = try Instance(server.url, isRequired: true)
        #expect(try await a.claimWhenSettled().word == "won")
        let b = try Instance(server.url, isRequired: true)
        #expect(try await b.claim("x", within: .seconds(1)).word == "won")
        try server.run("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        #expect(try await b.claimWhenSettled("y").word == "won")
        #expect(a.count("memory_losses_total") == 0 && b.count("memory_losses_total") == 0)
    }

    @Test("A user who may not use INFO still notices an emptied store")
    func withoutInfo() async throws {
        try server.run("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-info")
        let a = try Instance(server.url, user: "app", password: "pw")
        #expect(try await a.claim().word == "won")
        try server.run("FLUSHALL")
        #expect(try await a.claim().word == "won")
        try await eventually("the count") { a.count("memory_losses_total") == 1 }
    }
}
