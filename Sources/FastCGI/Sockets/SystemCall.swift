import Glibc

/// A failed system call: its name and its error number. Never holds data that went through the call.
package struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// The call as its manual page names it: `bind`, `accept4`.
    package let call: String
    /// The value of `errno` after the call.
    package let number: CInt

    package init(_ call: String, _ number: CInt) {
        self.call = call
        self.number = number
    }

    /// Whether descriptors, or memory for them, have run out: it may work once something has been closed.
    package var isShortage: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC].contains(number) }

    /// The system's sentence for the error number.
    package var reason: String { String(cString: strerror(number)) }

    package var description: String { "\(call): \(reason)" }
}

/// Runs the system calls of this target: reads `errno`, and repeats what a signal has interrupted.
enum SystemCall {
    /// Runs a call that returns -1 on failure, again for as long as a signal interrupts it.
    static func run<Value: FixedWidthInteger & SignedInteger>(
        _ name: String,
        _ body: () -> Value
    ) throws(SystemCallError) -> Value {
        while true {
            let result = body()
            if result != -1 { return result }
            let number = errno
            if number != EINTR { throw SystemCallError(name, number) }
        }
    }

    /// Closes a descriptor. Not repeated when interrupted: Linux has released the descriptor by then, and a second
    /// close could hit another thread's (close(2), "Dealing with error returns").
    static func close(_ descriptor: CInt) {
        _ = Glibc.close(descriptor)
    }
}
