import NIOCore
import TestSupport
import Testing

@testable import Redis

struct RedisBackOffTests {
    @Test("The time between attempts doubles up to five seconds, a quarter more or less")
    func doubling() {
        var random = SeededGenerator(seed: 3)
        var backOff = RedisBackOff()
        #expect(!backOff.isDown)
        for expected in [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000] + Array(repeating: 5_000, count: 100) {
            let milliseconds = Int(backOff.didFail(using: &random).nanoseconds / 1_000_000)
            #expect((expected * 3 / 4...expected * 5 / 4).contains(milliseconds))
            #expect(backOff.isDown)
        }
        backOff.didServe()
        #expect(!backOff.isDown)
        #expect(backOff.didFail(using: &random) <= .milliseconds(125))
    }
}
