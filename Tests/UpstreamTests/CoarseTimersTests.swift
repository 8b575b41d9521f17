import NIOCore
import NIOEmbedded
import Testing

@testable import Upstream

/// Timers that share the event loop's timers behave as if each had its own, to within a hundredth of a second.
struct CoarseTimersTests {
    private let loop = EmbeddedEventLoop()
    private let timers: CoarseTimers

    init() {
        timers = CoarseTimers(eventLoop: loop)
    }

    @Test("A timer is never early, and at most a hundredth of a second late", arguments: [0, 1, 9_999_999, 10_000_000])
    func resolution(rest: Int64) {
        var ends = 0
        let time = TimeAmount.seconds(1) + .nanoseconds(rest)
        _ = timers.set(loop.now + time) { ends += 1 }
        loop.advanceTime(by: time - .nanoseconds(1))
        #expect(ends == 0)
        loop.advanceTime(by: .milliseconds(10))
        #expect(ends == 1)
        loop.advanceTime(by: .seconds(60))
        #expect(ends == 1)
    }

    @Test("A cancelled timer does not fire, others fire in order, and cancelling again cancels no other in its place")
    func cancel() {
        var ended: [Int] = []
        let deadline = loop.now + .milliseconds(10)
        var set = (0..<3).map { number in timers.set(deadline) { ended.append(number) } }
        set[1].cancel()
        set.append(timers.set(deadline) { ended.append(3) })
        set[1].cancel()
        loop.advanceTime(by: .milliseconds(10))
        #expect(ended == [0, 2, 3])
        _ = timers.set(deadline) { ended.append(4) }
        for timer in set { timer.cancel() }
        loop.advanceTime(by: .milliseconds(10))
        #expect(ended == [0, 2, 3, 4])
    }

    @Test("An action may cancel a timer that is due with it, and set one whose time has passed")
    func withinAction() {
        var ended: [String] = []
        var second: CoarseTimers.Timer?
        let deadline = loop.now + .milliseconds(10)
        _ = timers.set(deadline) {
            ended.append("first")
            second?.cancel()
            _ = timers.set(deadline) { ended.append("third") }
        }
        second = timers.set(deadline) { ended.append("second") }
        loop.advanceTime(by: .milliseconds(10))
        #expect(ended == ["first"])
        loop.advanceTime(by: .milliseconds(10))
        #expect(ended == ["first", "third"])
    }

    @Test("A cancelled timer releases what it holds")
    func release() {
        final class Held {}
        var held: Held? = Held()
        weak let observed = held
        let timer = timers.set(loop.now + .seconds(1)) { [held] in _ = held }
        held = nil
        #expect(observed != nil)
        timer.cancel()
        #expect(observed == nil)
    }
}
