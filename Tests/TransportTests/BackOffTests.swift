import NIOCore
import TestSupport
import Testing

@testable import Transport

struct BackOffTests {
    @Test("The wait doubles up to its limit, at most a quarter shorter, and begins again after a success")
    func doubling() {
        var random = SeededGenerator(seed: 3)
        var backOff = BackOff(first: .milliseconds(500), longest: .seconds(30))
        #expect(!backOff.isWaiting)
        for expected in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000] + Array(repeating: 30_000, count: 100) {
            let milliseconds = Int(backOff.wait(using: &random).nanoseconds / 1_000_000)
            #expect((expected * 3 / 4...expected).contains(milliseconds))
            #expect(backOff.isWaiting)
        }
        backOff.reset()
        #expect(!backOff.isWaiting)
        #expect(backOff.wait(using: &random) <= .milliseconds(500))
    }
}
