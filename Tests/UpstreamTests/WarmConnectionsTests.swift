import NIOCore
import TestSupport
import Testing

@testable import Upstream

/// The rules for opening connections that no call asks for, without sockets.
struct WarmConnectionsTests {
    var random = SeededGenerator(seed: 7)

    func counts(connecting: Int = 0, warming: Int = 0, ready: Int = 0, inUse: Int = 0) -> ConnectionCounts {
        var counts = ConnectionCounts()
        for (kind, number) in [
            (ConnectionCounts.Kind.connecting, connecting), (.warming, warming), (.ready, ready), (.inUse, inUse),
        ] {
            for _ in 0..<number { counts.move(from: nil, to: kind) }
        }
        return counts
    }

    @Test("Connections that are connecting, ready or in use count as warm")
    func missing() {
        let warm = WarmConnections(target: 3)
        #expect(warm.missing(counts(), limit: 10) == 3)
        #expect(warm.missing(counts(connecting: 1, ready: 1, inUse: 1), limit: 10) == 0)
        #expect(warm.missing(counts(warming: 2, ready: 1), limit: 10) == 0)
        #expect(warm.missing(counts(inUse: 7), limit: 10) == 0)
    }

    @Test("Warm connections keep to the limit of all connections")
    func limit() {
        let warm = WarmConnections(target: 5)
        #expect(warm.missing(counts(), limit: 2) == 2)
        #expect(warm.missing(counts(ready: 1, inUse: 1), limit: 3) == 1)
        #expect(warm.missing(counts(inUse: 3), limit: 3) == 0)
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

    @Test("An idle connection is closed after 10 to 15 s, and a surplus one after 1.3 to 2 s")
    func idleTime() {
        for (jitter, idle, surplus) in [(0.0, 10_000, 1_333), (0.5, 12_500, 1_666), (1.0, 15_000, 2_000)] {
            let times = [false, true].map { IdleTime.limit(keepAlive: nil, jitter: jitter, isSurplus: $0) }
            #expect(times.map { $0.map { Int($0.nanoseconds / 1_000_000) } } == [idle, surplus])
        }
    }

    @Test("A shorter keep-alive time from the server is used, with one second to spare")
    func keepAlive() {
        #expect(IdleTime.limit(keepAlive: .seconds(5), jitter: 1) == .seconds(4))
        #expect(IdleTime.limit(keepAlive: .milliseconds(2_200), jitter: 1, isSurplus: true) == .milliseconds(1_200))
        #expect(IdleTime.limit(keepAlive: .seconds(600), jitter: 1) == .seconds(15))
        #expect(IdleTime.limit(keepAlive: .seconds(1), jitter: 0) == nil)
        #expect(IdleTime.limit(keepAlive: .zero, jitter: 0) == nil)
    }
}
