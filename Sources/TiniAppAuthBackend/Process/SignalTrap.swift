import CLinux
import Dispatch
import FastCGI
import Glibc
import Synchronization

/// The signals that the process acts on, as sequences, from the moment that they are trapped.
///
/// A handler that writes to a pipe, and not libdispatch's signal sources: they install their handler before the thread
/// to which it passes the signal on is running, and a signal that comes in between is lost. Before this trap a signal does
/// what it does by default; there is no moment at which it does nothing.
struct SignalTrap {
    /// TERM, INT and QUIT, each time that one comes.
    let terminations: AsyncStream<CInt>
    /// Each HUP.
    let hangUps: AsyncStream<CInt>

    /// Where the handler writes a signal's number.
    private static let writeEnd = Atomic<CInt>(-1)

    /// Traps them until the process ends; to be called once.
    ///
    /// - Throws: `SystemCallError` if there is no pipe.
    static func set() throws(SystemCallError) -> SignalTrap {
        var ends: [2 of CInt] = [-1, -1]
        var span = ends.mutableSpan
        let result = span.withUnsafeMutableBufferPointer { clinux_pipe_nonblocking($0.baseAddress) }
        guard result == 0 else { throw SystemCallError("pipe2", errno) }
        writeEnd.store(ends[1], ordering: .releasing)

        let (terminations, onTermination) = AsyncStream.makeStream(of: CInt.self)
        let (hangUps, onHangUp) = AsyncStream.makeStream(of: CInt.self)
        let readEnd = ends[0]
        let source = DispatchSource.makeReadSource(fileDescriptor: readEnd)
        source.setEventHandler {
            var number: UInt8 = 0
            while read(readEnd, &number, 1) == 1 {
                (CInt(number) == SIGHUP ? onHangUp : onTermination).yield(CInt(number))
            }
            // Keeps the source, which nobody else does.
            withExtendedLifetime(source) {}
        }
        source.activate()
        for number in [SIGTERM, SIGINT, SIGQUIT, SIGHUP] { install(on: number) }
        return SignalTrap(terminations: terminations, hangUps: hangUps)
    }

    /// A name for the log.
    static func name(of number: CInt) -> String {
        [SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGHUP: "SIGHUP"][number] ?? "\(number)"
    }

    private static func install(on number: CInt) {
        var action = sigaction()
        // Runs between any two instructions of any thread: nothing but system calls.
        action.__sigaction_handler.sa_handler = { number in
            let error = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(SignalTrap.writeEnd.load(ordering: .relaxed), &byte, 1)
            errno = error
        }
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }
}
