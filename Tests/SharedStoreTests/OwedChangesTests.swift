import NIOCore
import Testing

@testable import SharedStore

struct OwedChangesTests {
    let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    func change(_ key: String, _ outcome: String? = nil, bytes: Int = 10, end: NIODeadline? = nil) -> OwedChanges.Change
    {
        let command = RedisCommand([Array(repeating: 0x61, count: bytes)])
        return OwedChanges.Change(
            key: Array(key.utf8),
            command: command,
            outcome: outcome.map { Array($0.utf8) },
            end: end ?? now + .seconds(10)
        )
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
        #expect(owed.count == 1 && owed.outcome(of: Array("a".utf8)) == Array("x".utf8))
        #expect(unsent(&owed).isEmpty)
        owed.remove(publish)
        #expect(owed.count == 0 && owed.outcome(of: Array("a".utf8)) == nil)
    }

    @Test("A change is dropped when its claim has ended, and those left are sent in order")
    func end() {
        var owed = OwedChanges()
        owed.didFail(owed.add(change("a", end: now)))
        for key in ["b", "c", "d"] { owed.didFail(owed.add(change(key))) }
        #expect(unsent(&owed).map(\.key) == ["b", "c", "d"].map { Array($0.utf8) })
    }

    @Test("The bytes that are kept are bounded")
    func bound() {
        var owed = OwedChanges()
        for number in 0..<50 { owed.didFail(owed.add(change("\(number)", bytes: 1_048_576))) }
        #expect((25...32).contains(owed.count))
    }
}
