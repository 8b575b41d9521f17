import CLinux
import Glibc

/// A pipe through which libfcgi reads a request that the gate has passed.
///
/// libfcgi reads from a descriptor, and waits there for as long as a peer likes. From this one it never waits: all of
/// the request is in it, and where nothing is left, reading fails at once. A request that was read to its end leaves
/// the pipe empty. Otherwise the pipe is closed, so that no request can see bytes of another.
struct RequestFeed: ~Copyable {
    /// Where libfcgi reads.
    let descriptor: CInt
    private let writeEnd: CInt

    /// - Parameter capacity: bytes of the largest request. Without privileges the kernel allows 1 MiB
    ///   (`/proc/sys/fs/pipe-max-size`).
    init(capacity: Int) throws(SystemCallError) {
        var ends: [2 of CInt] = [-1, -1]
        var span = ends.mutableSpan
        _ = try SystemCall.run("pipe2") {
            span.withUnsafeMutableBufferPointer { clinux_pipe_nonblocking($0.baseAddress) }
        }
        do {
            _ = try SystemCall.run("fcntl(F_SETPIPE_SZ)") { clinux_pipe_resize(ends[1], CInt(capacity)) }
        } catch {
            for end in ends.indices { SystemCall.close(ends[end]) }
            throw error
        }
        (descriptor, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        SystemCall.close(descriptor)
        SystemCall.close(writeEnd)
    }

    /// Writes a request into the empty pipe.
    func fill(with request: [UInt8]) throws(SystemCallError) {
        let written = try SystemCall.run("write") {
            request.withUnsafeBytes { write(writeEnd, $0.baseAddress, $0.count) }
        }
        guard written == request.count else { throw SystemCallError("write", ENOSPC) }
    }

    /// Gives the feed up without closing the end that libfcgi reads from: it does so when it rejects what it reads.
    consuming func surrender() {
        SystemCall.close(writeEnd)
        discard self
    }
}
