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

    package func change(_ body: (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}
