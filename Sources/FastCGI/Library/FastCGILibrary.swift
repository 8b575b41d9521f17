import CFCGI
import Glibc

/// Proof that libfcgi has been started. There is no other way to get one.
package struct FastCGILibrary: Sendable {
    /// Starts libfcgi without letting it have TERM, and restores the other signals for which it sets handlers.
    ///
    /// Its handler only remembers that it was called, so a TERM that came while it was set would be lost. libfcgi sets
    /// it only if TERM still has its default action (`installSignalHandler` in its os_unix.c). So another handler that
    /// ends the process is set first. More than one start does no harm.
    ///
    /// - Throws: ``FastCGIError/libraryNotInitialized(code:)``.
    package init() throws(FastCGIError) {
        var before = sigaction()
        sigaction(SIGTERM, nil, &before)
        let isDefault = before.__sigaction_handler.sa_handler == nil
        if isDefault {
            signal(SIGTERM) { number in
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        defer { if isDefault { signal(SIGTERM, SIG_DFL) } }
        let code = FCGX_Init()
        guard code == 0 else { throw .libraryNotInitialized(code: code) }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGUSR1, SIG_IGN)
    }
}
