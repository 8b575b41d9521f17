import FoundationEssentials
import NIOCore
import Testing

@testable import TiniAppAuth

struct CallTableTests {
    static let keys = TokenKeys()
    static let outcome = SealedOutcome(bytes: Data("sealed".utf8))
    static let bytes = KeptOutcomes.overhead + 6

    static func key(_ token: String) -> CallName { keys.derive(.refresh, Array(token.utf8)).name }

    static func time(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1_000 + seconds) }

    static func table(window: TimeAmount = .seconds(45), entries: Int = 100, bytes: Int = 1_000_000) -> CallTable {
        CallTable(CallTable.Limits(window: window, maxEntries: entries, maxBytes: bytes))
    }

    /// Admits a refresh.
    static func admit(
        _ table: inout CallTable,
        _ token: String,
        takesKept: Bool = true,
        at second: Int64
    ) -> CallTable.Admission {
        table.admit(key(token), CallWaiter { _ in }, takesKept: takesKept, at: time(second))
    }

    /// Admits a call, and ends it at once.
    static func call(
        _ table: inout CallTable,
        _ token: String,
        _ state: TokenState = .settled,
        at second: Int64 = 0
    ) {
        #expect(isFirst(admit(&table, token, at: second)))
        #expect(table.end(key(token)).count == 1)
        keep(&table, token, state, at: second)
    }

    static func keep(_ table: inout CallTable, _ token: String, _ state: TokenState, at second: Int64) {
        guard let shelf = CallTable.Shelf(state), table.uses(shelf) else { return }
        table.keep(outcome, of: key(token), on: shelf, at: time(second))
    }

    static func isFirst(_ admission: CallTable.Admission) -> Bool {
        if case .first = admission { true } else { false }
    }

    static func isKept(_ admission: CallTable.Admission) -> Bool {
        if case .ended = admission { true } else { false }
    }

    @Test("Requests join the call in flight, and its end returns all that still wait, in order")
    func joining() {
        var table = Self.table()
        let waiters = (0..<4).map { _ in CallWaiter { _ in } }
        #expect(Self.isFirst(table.admit(Self.key("a"), waiters[0], at: Self.time(0))))
        for waiter in waiters.dropFirst() {
            guard case .joined(let inFlight) = table.admit(Self.key("a"), waiter, at: Self.time(1)) else {
                Issue.record("did not join")
                return
            }
            #expect(inFlight.first === waiters[0])
            if waiter === waiters[3] { inFlight.remove(waiters[2]) }
        }
        let left = table.end(Self.key("a"))
        #expect(left.map(ObjectIdentifier.init) == [0, 1, 3].map { ObjectIdentifier(waiters[$0]) })
        #expect(Self.isFirst(Self.admit(&table, "a", at: 3)))
    }

    @Test("An outcome is repeated until the window ends, together with its age")
    func window() {
        var table = Self.table()
        Self.call(&table, "a")
        guard case .ended(let sealed, let age) = Self.admit(&table, "a", at: 44) else {
            Issue.record("was not kept")
            return
        }
        #expect(sealed.bytes == Self.outcome.bytes)
        #expect(age == .seconds(44))
        #expect(table.nextExpiry == Self.time(45))
        #expect(Self.isFirst(Self.admit(&table, "a", at: 45)))
        #expect((table.keptCount, table.keptBytes) == (0, 0))
    }

    @Test("The oldest entries are removed if there are too many or they take too many bytes", arguments: [true, false])
    func bounds(byCount: Bool) {
        var table = byCount ? Self.table(entries: 3) : Self.table(bytes: 3 * Self.bytes + 10)
        for number in 0..<10 { Self.call(&table, "token \(number)", at: Int64(number)) }
        #expect((table.keptCount, table.keptBytes) == (3, 3 * Self.bytes))
        for number in 0..<10 {
            #expect(Self.isKept(Self.admit(&table, "token \(number)", at: 9)) == (number >= 7))
        }
    }

    @Test("Refusals and calls in doubt, which strangers can make, displace no login and not each other")
    func strangers() {
        var table = Self.table(entries: 3)
        Self.call(&table, "login", .settled)
        Self.call(&table, "refused", .refused)
        Self.call(&table, "in doubt", .inDoubt)
        for number in 0..<1_000 { Self.call(&table, "x\(number)", .refused) }
        #expect(!Self.isKept(Self.admit(&table, "refused", at: 1)))
        #expect(Self.isKept(Self.admit(&table, "in doubt", at: 1)))
        for number in 0..<1_000 { Self.call(&table, "y\(number)", .inDoubt) }
        #expect(!Self.isKept(Self.admit(&table, "in doubt", at: 1)))
        #expect(Self.isKept(Self.admit(&table, "login", at: 1)))
        #expect(table.keptCount == 7)
    }

    @Test(
        "Refusals and calls in doubt may take an eighth of the bytes that logins may",
        arguments: [(TokenState.settled, 24), (.refused, 3), (.inDoubt, 3)]
    )
    func bytesOfStrangers(state: TokenState, count: Int) {
        var table = Self.table(bytes: 24 * Self.bytes)
        for number in 0..<30 { Self.call(&table, "token \(number)", state) }
        #expect(table.keptCount == count)
    }

    @Test("An outcome that another instance has had for a while is kept for the rest of its window")
    func learned() {
        var table = Self.table()
        Self.call(&table, "a", at: 30)
        #expect(Self.isFirst(Self.admit(&table, "b", at: 40)))
        _ = table.end(Self.key("b"))
        Self.keep(&table, "b", .settled, at: 0)
        #expect(Self.isKept(Self.admit(&table, "b", at: 44)))
        #expect(Self.isFirst(Self.admit(&table, "b", at: 45)))
        table.removeExpired(at: Self.time(75))
        #expect(table.keptCount == 0)
    }

    @Test("A token whose entry was forgotten and added again is kept for its new window")
    func comeBack() {
        var table = Self.table()
        Self.call(&table, "a")
        table.forget(Self.key("a"))
        Self.call(&table, "a", at: 20)
        // The first entry of "a" would have ended by now.
        #expect(Self.isKept(Self.admit(&table, "a", at: 46)))
        #expect(Self.isFirst(Self.admit(&table, "a", at: 65)))
    }

    @Test("A request that takes nothing kept makes a call of its own, and what is kept stays for the others")
    func ofItsOwn() {
        var table = CallTable(
            CallTable.Limits(window: .zero, ownersWindow: .seconds(30), maxEntries: 100, maxBytes: 1_000_000)
        )
        let key = Self.key("a")
        func admit(takesKept: Bool) -> CallTable.Admission {
            Self.admit(&table, "a", takesKept: takesKept, at: 10)
        }
        #expect(Self.isFirst(admit(takesKept: true)))
        #expect(table.end(key).count == 1)
        table.keep(Self.outcome, of: key, on: .owners, at: Self.time(0))
        #expect(Self.isFirst(admit(takesKept: false)))
        #expect(Self.isKept(admit(takesKept: true)))
        #expect(!Self.isFirst(admit(takesKept: false)) && table.isBusy)
        #expect(table.end(key).count == 2)
        #expect(Self.isKept(admit(takesKept: true)))
        table.forget(key)
        #expect(Self.isFirst(admit(takesKept: true)))
        #expect((table.keptCount, table.keptBytes) == (0, 0))
    }

    @Test("A table with a call in flight and something kept loses neither by the end of the other")
    func both() {
        var table = Self.table()
        Self.call(&table, "a")
        #expect(Self.isFirst(Self.admit(&table, "a", takesKept: false, at: 1)))
        table.removeExpired(at: Self.time(45))
        #expect(table.keptCount == 0 && table.isBusy)
        #expect(table.end(Self.key("a")).count == 1)
    }
}
