import CFCGI
import Glibc

/// libfcgi as a whole.
package enum FastCGILibrary {
    /// Initializes libfcgi, and takes back the signals for which it sets handlers.
    ///
    /// To be called before a process listens and before it traps signals. The handler for TERM only remembers that it
    /// was called: a process that keeps it does not end when it is told to.
    package static func initialize() throws(FastCGIError) {
        let code = FCGX_Init()
        guard code == 0 else { throw .libraryNotInitialized(code: code) }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGUSR1, SIG_IGN)
        signal(SIGTERM, SIG_DFL)
    }
}
