import CLinux
import Dispatch
import FastCGI
import Glibc
import Synchronization

/// The signals that the process acts on, as sequences, from the moment that they are trapped.
///
/// Has a handler that writes to a pipe, and not libdispatch's signal sources: these install their handler before the
/// thread to which it passes the signal is running, and a signal that comes in between is lost. Until it is trapped, a
/// signal has its default effect; it is never ignored.
struct SignalTrap {
    /// Every TERM, INT and QUIT.
    let terminations: AsyncStream<CInt>
    /// Every HUP.
    let hangUps: AsyncStream<CInt>

    /// Where the handler writes a signal's number.
    private static let writeEnd = Atomic<CInt>(-1)

    /// Traps them until the process ends; to be called once.
    ///
    /// - Throws: `SystemCallError` if the pipe cannot be opened.
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
            // Keeps the source alive; nothing else holds it.
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
