import Glibc
import NIOCore
import TestSupport
import Testing

@testable import SharedStore

struct WaitTests {
    @Test("A waiting instance gets the answer soon after it is published")
    func answer() async throws {
        let server = try await RedisServer.start()
        let (a, b) = (try Instance(server), try Instance(server))
        #expect(try await a.claim(owner: "a", ttl: .seconds(60)) == .won)
        async let outcome = b.wait(within: .seconds(30))
        try await Task.sleep(for: .milliseconds(300))
        let published = ContinuousClock.now
        #expect(try await a.publish(owner: "a", answer: "x") == .done)
        #expect(try await outcome == .answer(Array("x".utf8)))
        #expect(ContinuousClock.now - published < .seconds(5))
        for instance in [a, b] { try await instance.close() }
        await server.stop()
    }

    @Test("A waiting instance learns that a released claim is gone")
    func gone() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server)
        #expect(try await a.claim(owner: "a", ttl: .seconds(60)) == .won)
        async let outcome = a.wait(within: .seconds(30))
        try await Task.sleep(for: .milliseconds(50))
        #expect(try await a.release(owner: "a") == .done)
        #expect(try await outcome == .gone)
        try await a.close()
        await server.stop()
    }

    @Test("A wait never outlasts its deadline, whatever the store does")
    func deadline() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server)
        #expect(try await a.claim(owner: "a", ttl: .seconds(60)) == .won)
        for time in [TimeAmount.milliseconds(5), .milliseconds(300)] {
            let started = ContinuousClock.now
            #expect(try await a.wait(within: time) == .deadline)
            #expect(ContinuousClock.now - started >= Duration(time))
        }
        server.signal(SIGSTOP)
        let started = ContinuousClock.now
        #expect(try await a.wait(within: .milliseconds(400)) == .deadline)
        #expect(ContinuousClock.now - started < .seconds(5))
        server.signal(SIGCONT)
        try await a.close()
        await server.stop()
    }

    @Test("A wait survives an outage of the store, and gets the answer")
    func outage() async throws {
        let server = try await RedisServer.start()
        let (a, b) = (try Instance(server), try Instance(server, timeout: .milliseconds(200)))
        #expect(try await a.claim(owner: "a", ttl: .seconds(60)) == .won)
        async let outcome = b.wait(within: .seconds(30))
        try await Task.sleep(for: .milliseconds(50))
        server.signal(SIGSTOP)
        try await Task.sleep(for: .milliseconds(600))
        #expect(b.count("failures_total") > 0)
        server.signal(SIGCONT)
        while try await a.publish(owner: "a", answer: "x") != .done {}
        #expect(try await outcome == .answer(Array("x".utf8)))
        for instance in [a, b] { try await instance.close() }
        await server.stop()
    }

    @Test("A wait ends as closed when the store is closed")
    func close() async throws {
        let server = try await RedisServer.start()
        let a = try Instance(server)
        #expect(try await a.claim(owner: "a", ttl: .seconds(60)) == .won)
        async let outcome = a.wait(within: .seconds(20))
        try await Task.sleep(for: .milliseconds(30))
        try await a.close()
        #expect(try await outcome == .closed)
        #expect(try await a.claim(owner: "b") == .failed(.closed))
        await server.stop()
    }
}
