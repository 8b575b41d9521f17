import NIOCore
import Testing

@testable import SharedStore

struct OwedChangesTests {
    let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    let publish = RedisCommand("publish")
    let release = RedisCommand("release")

    /// A publish if there is an outcome, else a release.
    func change(
        _ key: String,
        _ outcome: String? = nil,
        end: NIODeadline = .distantFuture,
        last: RedisCommand? = nil
    ) -> OwedChanges.Change {
        let command = outcome == nil ? release : publish
        let outcome = outcome.map { Array($0.utf8) }
        return OwedChanges.Change(key: Array(key.utf8), command: command, outcome: outcome, end: end, last: last)
    }

    func outcome(_ owed: OwedChanges, _ key: String, at time: NIODeadline? = nil) -> String? {
        owed.outcome(of: Array(key.utf8), at: time ?? now).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("A change is sent again after each failure, and no more once the store has replied")
    func repetition() {
        var owed = OwedChanges()
        let first = owed.add(change("a"))
        #expect(owed.takeUnsent(at: now).isEmpty, "it is on its way")
        for _ in 0..<3 {
            owed.didFail(first)
            #expect(owed.takeUnsent(at: now).count == 1)
        }
        owed.remove(first)
        owed.didFail(first)
        #expect(owed.takeUnsent(at: now).isEmpty && owed.count == 0)
    }

    @Test("A later change of a key takes the place of the earlier one, whose reply then says nothing")
    func later() {
        var owed = OwedChanges()
        let release = owed.add(change("a"))
        let publish = owed.add(change("a", "x"))
        owed.remove(release)
        owed.didFail(release)
        #expect(owed.count == 1 && outcome(owed, "a") == "x")
        #expect(owed.takeUnsent(at: now).isEmpty)
        owed.remove(publish)
        #expect(owed.count == 0 && outcome(owed, "a") == nil)
    }

    @Test(
        "A publish gives way to the release of its claim when its window is over, or is dropped if nothing was claimed"
    )
    func end() {
        var owed = OwedChanges()
        let end = now + .seconds(1)
        owed.didFail(owed.add(change("a", "x", end: end)))
        owed.didFail(owed.add(change("b", "x", end: end, last: release)))
        for key in ["c", "d"] { owed.didFail(owed.add(change(key))) }
        #expect(outcome(owed, "a") == "x" && outcome(owed, "a", at: end) == nil)
        let unsent = owed.takeUnsent(at: end)
        #expect(unsent.map(\.key) == ["c", "d", "b"].map { Array($0.utf8) })
        #expect(unsent.last?.command.bytes == release.bytes && outcome(owed, "b") == nil)
    }

    @Test("The outcome of a call without a claim does not make the store keep the claim before it")
    func earlierRelease() {
        var owed = OwedChanges()
        owed.didFail(owed.add(change("a")))
        for _ in 0..<2 { owed.didFail(owed.add(change("a", "x", end: now))) }
        #expect(owed.takeUnsent(at: now).map(\.command.bytes) == [release.bytes])
    }

    @Test("At most 32 MiB are kept")
    func bound() {
        var owed = OwedChanges()
        // With what belongs to a command, exactly 1 MiB.
        let large = RedisCommand([Array(repeating: 0x61, count: 1_048_560)])
        for number in 0..<50 { owed.didFail(owed.add(OwedChanges.Change(key: [UInt8(number)], command: large))) }
        #expect(owed.count == 32)
    }
}
