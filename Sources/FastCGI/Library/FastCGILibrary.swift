import CFCGI
import Glibc

/// Proof that libfcgi has been started. There is no other way to get one.
package struct FastCGILibrary: Sendable {
    /// Starts libfcgi without letting it have a signal.
    ///
    /// Its handler for TERM only remembers that it was called, so that a TERM which comes while it is set would be lost.
    /// It takes those signals only that still do what they do by default (`installSignalHandler` in its os_unix.c): so
    /// PIPE and USR1, which mean nothing to us, are ignored before, and TERM has a handler that ends the process as
    /// well. More than one start does no harm.
    ///
    /// - Throws: ``FastCGIError/libraryNotInitialized(code:)``.
    package init() throws(FastCGIError) {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGUSR1, SIG_IGN)
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
    }
}
