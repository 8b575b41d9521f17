import Synchronization

/// A value that several threads use.
package final class Locked<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    package init(_ value: Value) {
        mutex = Mutex(value)
    }

    package var value: Value {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }

    @discardableResult
    package func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { mutex.withLock { body(&$0) } }
}

/// A clock that a test sets.
package typealias Clock = Locked<Int64>

extension Clock {
    package var now: Int64 {
        get { value }
        set { value = newValue }
    }
}
