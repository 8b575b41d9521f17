import NIOCore
import Testing

@testable import SharedStore

struct StoreMemoryTests {
    let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    func marker(_ run: String = "r", _ generation: String = "g", at time: Int64 = 5_000_000) -> [UInt8] {
        Array("\(run) \(generation) \(time)".utf8)
    }

    @Test("An empty store is new, and claims can be relied on once the longest call is over")
    func new() {
        var memory = StoreMemory(longestCall: .seconds(40))
        #expect(memory.expected(at: now) == nil)
        #expect(memory.take(marker(), previous: nil, storeTime: 5_000_000, at: now) == .new)
        #expect(memory.expected(at: now + .milliseconds(39_999)) == nil)
        #expect(memory.expected(at: now + .seconds(40)) == marker())
        #expect(memory.take(marker(), previous: marker(), storeTime: 5_001_000, at: now + .seconds(1)) == .same)
        #expect(memory.settledAt == now + .seconds(40))
    }

    @Test("For a marker that another instance set, only the rest of the wait remains")
    func age() {
        var memory = StoreMemory(longestCall: .seconds(40))
        #expect(memory.take(marker(), previous: marker(), storeTime: 5_030_000, at: now) == .same)
        #expect(memory.settledAt == now + .seconds(10))
        var late = StoreMemory(longestCall: .seconds(40))
        #expect(late.take(marker(), previous: marker(), storeTime: 9_000_000, at: now) == .same)
        #expect(late.expected(at: now) == marker())
    }

    @Test("A marker that differs from the known one, or is from another process, means a loss")
    func lost() {
        var memory = StoreMemory(longestCall: .seconds(40))
        _ = memory.take(marker(), previous: marker(), storeTime: 9_000_000, at: now)
        let other = marker("r", "h", at: 9_001_000)
        #expect(memory.take(other, previous: nil, storeTime: 9_001_000, at: now) == .lost)
        #expect(memory.settledAt == now + .seconds(40))
        // Another instance has set it a while ago.
        let third = marker("r", "i", at: 9_100_000)
        #expect(memory.take(third, previous: third, storeTime: 9_110_000, at: now) == .lost)
        #expect(memory.settledAt == now + .seconds(30))
        // A new instance first sees an old copy.
        var fresh = StoreMemory(longestCall: .seconds(40))
        #expect(fresh.take(marker("s"), previous: marker("r"), storeTime: 5_000_000, at: now) == .lost)
    }

    @Test(
        "After a change of the store's clock, or without a time in the marker, the wait is the longest call at most",
        arguments: ["r g 99999999999999", "r g 0", "r g x", "", "r g -9223372036854775808", "r g 9223372036854775807"]
    )
    func clocks(text: String) {
        for time in [0, 1, 5_000_000, Int64.max] {
            var memory = StoreMemory(longestCall: .seconds(40))
            _ = memory.take(Array(text.utf8), previous: nil, storeTime: time, at: now)
            #expect(memory.settledAt >= now && memory.settledAt <= now + .seconds(40))
        }
    }
}
