import CFCGI
import Glibc

/// Proof that libfcgi has been started. There is no other way to get one.
package struct FastCGILibrary: Sendable {
    /// Starts libfcgi, and takes back the signals for which it sets handlers.
    ///
    /// To be called before a process listens and before it traps signals: libfcgi's handler for TERM only remembers that
    /// it was called, so a process that keeps it does not end when it is told to. More than one start does no harm.
    ///
    /// - Throws: ``FastCGIError/libraryNotInitialized(code:)``.
    package init() throws(FastCGIError) {
        let code = FCGX_Init()
        guard code == 0 else { throw .libraryNotInitialized(code: code) }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGUSR1, SIG_IGN)
        signal(SIGTERM, SIG_DFL)
    }
}
