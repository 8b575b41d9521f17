import Glibc

/// The last actions before a crash ends the process.
enum CrashSignals {
    static let all = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
    /// The earlier action for each signal, by its number: Swift's runtime may have a backtrace to print.
    /// Unsafe only in name: written once, by ``flushLog()`` at the start, and only read after that.
    nonisolated(unsafe) private static let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 32)

    /// From now on a crash waits briefly until the lines that led there have been written.
    static func flushLog() {
        for number in all {
            sigaction(number, nil, before + Int(number))
            var action = sigaction()
            action.__sigaction_handler.sa_sigaction = { number, info, context in
                let before = CrashSignals.before[Int(number)]
                if before.sa_flags & SA_SIGINFO != 0 {
                    before.__sigaction_handler.sa_sigaction?(number, info, context)
                }
                StandardError.flush()
                // Ends the process when this handler returns: the signal does what it does by default again.
                signal(number, SIG_DFL)
                raise(number)
            }
            // As the runtime does for its own handlers: the code that prints the backtrace reads memory that may not be mapped.
            action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER
            action.sa_mask = before[Int(number)].sa_mask
            sigaction(number, &action, nil)
        }
    }
}
