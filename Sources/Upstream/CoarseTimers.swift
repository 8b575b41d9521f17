import NIOCore

/// Cheap timeouts. Nearly all are cancelled, so those due within the same 10 ms share one of the event loop's timers.
///
/// NIO searches all of its timers to cancel one. With thousands of calls and connections, each of which sets a timer and
/// cancels it, that is a good part of all the work. Lives on the event loop.
package final class CoarseTimers {
    /// A timer that has been set.
    package struct Timer {
        fileprivate let group: Group
        fileprivate let number: Int

        /// Does nothing if the timer has ended or was cancelled.
        package func cancel() { _ = group.take(number) }
    }

    /// Nanoseconds. A timer is never early, and at most this late.
    private static let resolution: UInt64 = 10_000_000

    private let eventLoop: any EventLoop
    private var groups: [UInt64: Group] = [:]
    /// The last group that has ended. Timers no longer join it.
    private var lastTick: UInt64 = 0

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Like ``set(_:_:)``, but up to 0.1 s late, so that more of them share a timer.
    func setRoughly(_ deadline: NIODeadline, _ action: @escaping () -> Void) -> Timer {
        let step = 10 * Self.resolution
        let steps = (deadline.uptimeNanoseconds + step - 1) / step
        return set(.uptimeNanoseconds(steps * step), action)
    }

    /// Calls the action once the deadline has passed, unless the timer is cancelled.
    package func set(_ deadline: NIODeadline, _ action: @escaping () -> Void) -> Timer {
        let (ticks, rest) = deadline.uptimeNanoseconds.quotientAndRemainder(dividingBy: Self.resolution)
        let tick = max(rest == 0 ? ticks : ticks + 1, lastTick + 1)
        let group = groups[tick] ?? begin(tick)
        return Timer(group: group, number: group.add(action))
    }

    private func begin(_ tick: UInt64) -> Group {
        let group = Group()
        groups[tick] = group
        eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(tick * Self.resolution)) {
            self.end(tick)
        }
        return group
    }

    /// Calls the actions in the order in which they were set. Each may cancel later ones.
    private func end(_ tick: UInt64) {
        lastTick = tick
        guard let group = groups.removeValue(forKey: tick) else { return }
        for number in group.numbers { group.take(number)?.run() }
    }
}

extension CoarseTimers {
    /// The actions of timers that end together.
    fileprivate final class Group {
        /// In a struct, since an optional closure would cost an allocation each time that it is stored or read.
        struct Action {
            let run: () -> Void
        }

        /// From the number of the first on; nil for those that were taken.
        private var actions: [Action?] = []
        private var first = 0
        private var left = 0

        /// Those that have not all been taken.
        var numbers: Range<Int> { first..<first + actions.count }

        func add(_ action: @escaping () -> Void) -> Int {
            actions.append(Action(run: action))
            left += 1
            return numbers.upperBound - 1
        }

        func take(_ number: Int) -> Action? {
            guard numbers.contains(number), let action = actions[number - first] else { return nil }
            actions[number - first] = nil
            left -= 1
            if left == 0 {
                // A group lives until it is due, long after its timers were cancelled: it keeps no memory.
                first = numbers.upperBound
                actions = []
            }
            return action
        }
    }
}
