import NIOCore
import Testing

@testable import Upstream

struct IdleTimeTests {
    @Test("A connection lives nine to ten minutes, so that connections opened together do not end together")
    func life() {
        for (jitter, life) in [(0, 540), (0.5, 570), (1, 600)] as [(Double, Int64)] {
            #expect(IdleTime.limit(age: .seconds(life - 1), keepAlive: nil, jitter: jitter) != nil)
            #expect(IdleTime.limit(age: .seconds(life), keepAlive: nil, jitter: jitter) == nil)
        }
    }

    @Test("An idle connection is closed after 10 to 15 s, and a surplus one after 1.3 to 2 s")
    func idleTime() {
        for (jitter, idle, surplus) in [(0.0, 10_000, 1_333), (0.5, 12_500, 1_666), (1.0, 15_000, 2_000)] {
            let times = [false, true].map { IdleTime.limit(age: .zero, keepAlive: nil, jitter: jitter, isSurplus: $0) }
            #expect(times.map { $0.map { Int($0.nanoseconds / 1_000_000) } } == [idle, surplus])
        }
    }

    @Test("A shorter keep-alive time from the server is used, with one second to spare")
    func keepAlive() {
        #expect(IdleTime.limit(age: .zero, keepAlive: .seconds(5), jitter: 1) == .seconds(4))
        #expect(
            IdleTime.limit(age: .zero, keepAlive: .milliseconds(2_200), jitter: 1, isSurplus: true)
                == .milliseconds(1_200)
        )
        #expect(IdleTime.limit(age: .zero, keepAlive: .seconds(600), jitter: 1) == .seconds(15))
        #expect(IdleTime.limit(age: .zero, keepAlive: .seconds(1), jitter: 0) == nil)
        #expect(IdleTime.limit(age: .zero, keepAlive: .zero, jitter: 0) == nil)
    }
}
