import NIOCore
import Testing

@testable import TiniAppAuth

struct CallTableTests {
    final class Waiter {}

    static let keys = TokenKeys()
    static let outcome = KeptOutcome.inDoubt(.upstreamTimeout, failureCode: "timeout")

    static func key(_ token: String, _ route: AuthRoute = .refresh) -> CallName {
        keys.derive(route, Array(token.utf8)).name
    }

    static func time(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1_000 + seconds) }

    static func table(window: TimeAmount = .seconds(45), entries: Int = 100, bytes: Int = 1_000_000) -> CallTable<
        Waiter
    > {
        CallTable(CallTable.Limits(window: window, maxEntries: entries, maxBytes: bytes))
    }

    /// Admits a refresh.
    static func admit(
        _ table: inout CallTable<Waiter>,
        _ token: String,
        at second: Int64
    ) -> CallTable<Waiter>.Admission {
        let fingerprint = TokenFingerprint(Array(token.utf8))
        return table.admit(key(token), Waiter(), presenting: fingerprint, at: time(second))
    }

    /// Admits a call, and ends it at once.
    static func call(
        _ table: inout CallTable<Waiter>,
        _ token: String,
        successor: String? = nil,
        at second: Int64 = 0
    ) {
        #expect(isFirst(admit(&table, token, at: second)))
        let successor = successor.map { TokenFingerprint(Array($0.utf8)) }
        #expect(table.end(key(token), keeping: outcome, successor: successor, at: time(second)).count == 1)
    }

    static func isFirst(_ admission: CallTable<Waiter>.Admission) -> Bool {
        if case .first = admission { true } else { false }
    }

    static func isKept(_ admission: CallTable<Waiter>.Admission) -> Bool {
        if case .ended = admission { true } else { false }
    }

    @Test("Requests join the call in flight, and its end returns all that still wait, in order")
    func joining() {
        var table = Self.table()
        let waiters = (0..<4).map { _ in Waiter() }
        #expect(Self.isFirst(table.admit(Self.key("a"), waiters[0], at: Self.time(0))))
        for waiter in waiters.dropFirst() {
            guard case .joined = table.admit(Self.key("a"), waiter, at: Self.time(1)) else {
                Issue.record("did not join")
                return
            }
        }
        table.remove(waiters[2], from: Self.key("a"))
        let left = table.end(Self.key("a"), keeping: nil, at: Self.time(2))
        #expect(left.map(ObjectIdentifier.init) == [0, 1, 3].map { ObjectIdentifier(waiters[$0]) })
        #expect(Self.isFirst(Self.admit(&table, "a", at: 3)))
    }

    @Test("An outcome is repeated until the window ends, together with its age")
    func window() {
        var table = Self.table()
        Self.call(&table, "a")
        guard
            case .ended(.inDoubt(.upstreamTimeout, "timeout"), let age) = table.admit(
                Self.key("a"),
                Waiter(),
                at: Self.time(44)
            )
        else {
            Issue.record("was not kept")
            return
        }
        #expect(age == .seconds(44))
        #expect(table.nextExpiry == Self.time(45))
        #expect(Self.isFirst(Self.admit(&table, "a", at: 45)))
        #expect((table.keptCount, table.keptBytes) == (0, 0))
    }

    @Test("Another route with the same token is another call")
    func routes() {
        var table = Self.table()
        Self.call(&table, "a")
        #expect(Self.isFirst(table.admit(Self.key("a", .exchange), Waiter(), at: Self.time(0))))
    }

    @Test("A request with the next token proves that the answer arrived, so the entry is removed")
    func successor() {
        var table = Self.table()
        Self.call(&table, "a", successor: "b")
        #expect(Self.isKept(Self.admit(&table, "a", at: 1)))
        Self.call(&table, "b", successor: "c", at: 2)
        #expect(table.keptCount == 1)
        #expect(Self.isFirst(Self.admit(&table, "a", at: 3)))
        #expect(Self.isKept(Self.admit(&table, "b", at: 3)))
        // Also if the successor's call has ended, and is answered from its entry.
        var other = Self.table()
        Self.call(&other, "b")
        Self.call(&other, "a", successor: "b")
        #expect(Self.isKept(Self.admit(&other, "b", at: 1)))
        #expect(Self.isFirst(Self.admit(&other, "a", at: 1)))
    }

    @Test("A server that returns the same refresh token does not remove the entry")
    func sameToken() {
        var table = Self.table()
        Self.call(&table, "a", successor: "a")
        #expect(Self.isKept(Self.admit(&table, "a", at: 1)))
    }

    @Test("The oldest entries are removed if there are too many or they take too many bytes", arguments: [true, false])
    func bounds(byCount: Bool) {
        var table =
            byCount
            ? Self.table(entries: 3)
            : Self.table(bytes: 3 * CallTable<Waiter>.overhead + 10)
        for number in 0..<10 { Self.call(&table, "token \(number)", successor: "next \(number)", at: Int64(number)) }
        #expect(table.keptCount == 3)
        #expect(table.keptBytes == 3 * CallTable<Waiter>.overhead)
        for number in 0..<10 {
            #expect(Self.isKept(Self.admit(&table, "token \(number)", at: 9)) == (number >= 7))
        }
    }

    @Test("A chain of refreshes keeps one entry, and its order does not grow")
    func chain() {
        var table = Self.table(entries: 5)
        for number in 0..<1_000 { Self.call(&table, "\(number)", successor: "\(number + 1)") }
        #expect(table.keptCount == 1)
        #expect(Self.isKept(Self.admit(&table, "999", at: 0)))
    }

    @Test("A token whose entry was removed and added again is kept for its new window")
    func comeBack() {
        var table = Self.table()
        Self.call(&table, "a", successor: "b")
        Self.call(&table, "b", at: 10)
        Self.call(&table, "a", at: 20)
        // The first entry of "a" would have ended by now.
        #expect(Self.isKept(Self.admit(&table, "a", at: 46)))
        #expect(Self.isFirst(Self.admit(&table, "a", at: 65)))
    }

    @Test("A window of zero keeps nothing")
    func noWindow() {
        var table = Self.table(window: .zero)
        Self.call(&table, "a")
        #expect(Self.isFirst(Self.admit(&table, "a", at: 0)))
        #expect(table.nextExpiry == nil)
    }
}
