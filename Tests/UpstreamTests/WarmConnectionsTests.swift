import NIOCore
import TestSupport
import Testing

@testable import Upstream

/// The rules for opening connections that no call asks for, without sockets.
struct WarmConnectionsTests {
    var random = SeededGenerator(seed: 7)

    func counts(connecting: Int = 0, warming: Int = 0, ready: Int = 0, ageing: Int = 0, inUse: Int = 0)
        -> ConnectionCounts
    {
        var counts = ConnectionCounts()
        for (kind, number) in [
            (ConnectionCounts.Kind.connecting, connecting), (.warming, warming), (.ready, ready), (.ageing, ageing),
            (.inUse, inUse),
        ] {
            for _ in 0..<number { counts.move(from: nil, to: kind) }
        }
        return counts
    }

    @Test("Connections that are connecting, ready or in use count as warm, and ageing ones do not")
    func missing() {
        let warm = WarmConnections(target: 3)
        #expect(warm.missing(counts(), limit: 10) == 3)
        #expect(warm.missing(counts(connecting: 1, ready: 1, inUse: 1), limit: 10) == 0)
        #expect(warm.missing(counts(warming: 2, ready: 1), limit: 10) == 0)
        #expect(warm.missing(counts(ready: 1, ageing: 2), limit: 10) == 2)
        #expect(warm.missing(counts(inUse: 7), limit: 10) == 0)
    }

    @Test("Warm connections keep to the limit of all connections, including ageing ones")
    func limit() {
        let warm = WarmConnections(target: 5)
        #expect(warm.missing(counts(), limit: 2) == 2)
        #expect(warm.missing(counts(ready: 1, ageing: 1), limit: 3) == 1)
        #expect(warm.missing(counts(ageing: 3), limit: 3) == 0)
    }

    @Test("A failure starts a pause, and failures during the pause do not start another")
    mutating func pause() throws {
        var warm = WarmConnections(target: 2)
        #expect(warm.didFail(using: &random) != nil)
        #expect(warm.missing(counts(), limit: 10) == 0)
        #expect(warm.didFail(using: &random) == nil)
        warm.retry()
        #expect(warm.missing(counts(), limit: 10) == 2)
        #expect(warm.didFail(using: &random) != nil)
    }

    @Test("An answered call or a connection of ten seconds resets the pauses, and a shorter one does not")
    mutating func reset() throws {
        var warm = WarmConnections(target: 1)
        func failures(_ count: Int) -> TimeAmount? {
            var last: TimeAmount?
            for _ in 0..<count {
                last = warm.didFail(using: &random)
                warm.retry()
            }
            return last
        }
        #expect(try #require(failures(5)) > .seconds(5))
        warm.didServe()
        #expect(try #require(failures(1)) <= .milliseconds(500))
        #expect(try #require(failures(4)) > .seconds(5))
        warm.didEnd(after: .seconds(10))
        #expect(try #require(failures(1)) <= .milliseconds(500))
        #expect(try #require(failures(4)) > .seconds(5))
        warm.didEnd(after: .milliseconds(9_999))
        #expect(try #require(failures(1)) > .seconds(5))
    }

    @Test("A target of zero warm connections causes no pauses")
    mutating func none() {
        var warm = WarmConnections(target: 0)
        #expect(warm.missing(counts(), limit: 10) == 0)
        #expect(warm.didFail(using: &random) == nil)
    }

    @Test("An idle connection ages after 10 to 12.5 s, and is closed after 15 s")
    func idleTime() throws {
        for (share, milliseconds) in [(0.0, 10_000), (0.5, 11_250), (1.0, 12_500)] as [(Double, Int64)] {
            let time = try #require(IdleTime(keepAlive: nil, share: share))
            #expect(time.closesAfter == .seconds(15))
            #expect(time.agesAfter == .milliseconds(milliseconds))
        }
    }

    @Test("A surplus connection is closed after 1 to 2 s, or sooner if the server says so")
    func surplus() {
        for (share, milliseconds) in [(0.0, 1_000), (0.5, 1_500), (1.0, 2_000)] as [(Double, Int64)] {
            #expect(IdleTime(keepAlive: nil, share: share, isSurplus: true)?.closesAfter == .milliseconds(milliseconds))
        }
        #expect(
            IdleTime(keepAlive: .milliseconds(2_200), share: 1, isSurplus: true)?.closesAfter == .milliseconds(1_200)
        )
    }

    @Test("A shorter keep-alive time from the server is used, with one second to spare")
    func keepAlive() throws {
        #expect(IdleTime(keepAlive: .seconds(5), share: 0)?.closesAfter == .seconds(4))
        #expect(IdleTime(keepAlive: .seconds(7), share: 0)?.agesAfter == .seconds(4))
        #expect(IdleTime(keepAlive: .seconds(7), share: 1)?.agesAfter == .seconds(5))
        #expect(IdleTime(keepAlive: .seconds(16), share: 0)?.closesAfter == .seconds(15))
        #expect(IdleTime(keepAlive: .seconds(600), share: 0)?.closesAfter == .seconds(15))
        #expect(IdleTime(keepAlive: .seconds(1), share: 0) == nil)
        #expect(IdleTime(keepAlive: .zero, share: 0) == nil)
    }
}
