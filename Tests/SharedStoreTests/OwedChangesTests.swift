import NIOCore
import Testing

@testable import SharedStore

struct OwedChangesTests {
    let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    func change(_ key: String, _ outcome: String? = nil, bytes: Int = 10) -> OwedChanges.Change {
        let command = RedisCommand([Array(repeating: 0x61, count: bytes)])
        return OwedChanges.Change(key: Array(key.utf8), command: command, outcome: outcome.map { Array($0.utf8) })
    }

    func unsent(_ owed: inout OwedChanges) -> [OwedChanges.Change] { owed.takeUnsent(at: now) }

    @Test("A change is sent again after each failure, and no more once the store has replied")
    func repetition() {
        var owed = OwedChanges()
        let first = owed.add(change("a"))
        #expect(unsent(&owed).isEmpty, "it is on its way")
        for _ in 0..<3 {
            owed.didFail(first)
            #expect(unsent(&owed).count == 1)
        }
        owed.remove(first)
        owed.didFail(first)
        #expect(unsent(&owed).isEmpty && owed.count == 0)
    }

    @Test("A later change of a key takes the place of the earlier one, whose reply then says nothing")
    func later() {
        var owed = OwedChanges()
        let release = owed.add(change("a"))
        let publish = owed.add(change("a", "x"))
        owed.remove(release)
        owed.didFail(release)
        #expect(owed.count == 1 && owed.outcome(of: Array("a".utf8), at: now) == Array("x".utf8))
        #expect(unsent(&owed).isEmpty)
        owed.remove(publish)
        #expect(owed.count == 0 && owed.outcome(of: Array("a".utf8), at: now) == nil)
    }

    @Test(
        "A publish gives way to the release of its claim when its window is over, or is dropped if nothing was claimed"
    )
    func end() {
        var owed = OwedChanges()
        let release = RedisCommand("release")
        for (key, last) in [("a", nil), ("b", release)] as [(String, RedisCommand?)] {
            let publish = RedisCommand("publish")
            let change = OwedChanges.Change(
                key: Array(key.utf8),
                command: publish,
                outcome: [1],
                end: now,
                last: last
            )
            owed.didFail(owed.add(change))
        }
        for key in ["c", "d"] { owed.didFail(owed.add(change(key))) }
        let unsent = unsent(&owed)
        #expect(unsent.map(\.key) == ["c", "d", "b"].map { Array($0.utf8) })
        #expect(unsent.last?.command.bytes == release.bytes && owed.outcome(of: Array("b".utf8), at: now) == nil)
    }

    @Test("An outcome whose window is over is told to nobody, also while the store is away")
    func overdue() {
        var owed = OwedChanges()
        let key = Array("a".utf8)
        let publish = RedisCommand("publish")
        owed.didFail(owed.add(OwedChanges.Change(key: key, command: publish, outcome: [1], end: now + .seconds(1))))
        #expect(owed.outcome(of: key, at: now) == [1])
        #expect(owed.outcome(of: key, at: now + .seconds(1)) == nil)
    }

    @Test("The outcome of a call without a claim does not make the store keep the claim before it")
    func earlierRelease() {
        var owed = OwedChanges()
        let key = Array("a".utf8)
        let release = RedisCommand("release")
        owed.didFail(owed.add(OwedChanges.Change(key: key, command: release)))
        let publish = OwedChanges.Change(key: key, command: RedisCommand("publish"), outcome: [1], end: now)
        for _ in 0..<2 { owed.didFail(owed.add(publish)) }
        #expect(unsent(&owed).map(\.command.bytes) == [release.bytes])
    }

    @Test("The bytes that are kept are bounded")
    func bound() {
        var owed = OwedChanges()
        for number in 0..<50 { owed.didFail(owed.add(change("\(number)", bytes: 1_048_576))) }
        #expect((25...32).contains(owed.count))
    }
}
