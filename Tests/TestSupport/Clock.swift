import Synchronization

/// A clock that a test sets.
package final class Clock: Sendable {
    private let time: Mutex<Int64>

    package init(_ time: Int64) {
        self.time = Mutex(time)
    }

    package var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}
