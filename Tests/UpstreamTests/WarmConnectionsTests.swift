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

    @Test("Connections that are connecting, ready or in use count as warm, and the limit of all connections holds")
    func missing() {
        let warm = WarmConnections(target: 3)
        #expect(warm.missing(counts(), limit: 10) == 3)
        #expect(warm.missing(counts(connecting: 1, ready: 1, inUse: 1), limit: 10) == 0)
        #expect(warm.missing(counts(warming: 2, ready: 1), limit: 10) == 0)
        #expect(warm.missing(counts(inUse: 7), limit: 10) == 0)
        #expect(warm.missing(counts(), limit: 2) == 2)
        #expect(warm.missing(counts(ready: 1), limit: 2) == 1)
        #expect(warm.missing(counts(inUse: 2), limit: 2) == 0)
        #expect(WarmConnections(target: 0).missing(counts(), limit: 10) == 0)
    }

    @Test("A failure starts a pause if connections are to be warm, and failures during the pause do not start another")
    mutating func pause() throws {
        var none = WarmConnections(target: 0)
        #expect(none.didFail(using: &random) == nil)
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
}
