import NIOCore
import Testing

@testable import Upstream

@Suite("Connection lifetime")
struct IdleTimeTests {
    @Test("A connection lives nine to ten minutes, so that connections opened together do not end together")
    func life() {
        #expect(IdleTime.maxAge(jitter: 0) == .minutes(9))
        #expect(IdleTime.maxAge(jitter: 1) == .minutes(10))
        #expect(IdleTime.maxAge(jitter: 0.5) == .seconds(570))
    }
}
