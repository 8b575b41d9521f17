import CLinux
import Glibc

/// Owner of one accepted connection: non-blocking, close-on-exec, closed when the value ends.
struct ConnectedSocket: ~Copyable {
    /// The result of one attempt to read.
    enum ReadResult {
        case bytes(Int)
        case nothingYet
        case ended
    }

    let descriptor: CInt

    /// Takes the next connection from a listener's queue; nil if none is waiting.
    static func accept(from listener: CInt) throws(SystemCallError) -> ConnectedSocket? {
        while true {
            do {
                return ConnectedSocket(try SystemCall.run("accept4") { clinux_accept_nonblocking(listener) })
            } catch {
                switch error.number {
                case EAGAIN: return nil
                case ECONNABORTED: continue  // That one has gone; there may be others after it.
                default: throw error
                }
            }
        }
    }

    private init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit {
        SystemCall.close(descriptor)
    }

    /// Reads what has arrived, at most the buffer's size. An error on the connection counts as its end.
    borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        do {
            let count = try SystemCall.run("recv") { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            return count == 0 ? .ended : .bytes(count)
        } catch {
            return error.number == EAGAIN ? .nothingYet : .ended
        }
    }

    /// Ends the connection in both directions. The descriptor stays, until its owner closes it.
    borrowing func end() {
        _ = Glibc.shutdown(descriptor, CInt(SHUT_RDWR))
    }

    /// Writes without waiting.
    ///
    /// - Returns: whether the kernel has taken all of it. Of up to ``FastCGIResponse/maxBytes`` it does, unless the peer has
    ///   gone, or reads nothing.
    borrowing func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) } == bytes.count
    }
}
