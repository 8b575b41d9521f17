import CFCGI
import Glibc

/// A file in memory through which libfcgi reads a request that the gate has passed.
///
/// libfcgi reads from a descriptor, and waits there for as long as a peer likes. From this one it never waits: all
/// of the request is in it. It is emptied after each request, and given up when that fails, so that none can see bytes
/// of another.
struct RequestFeed: ~Copyable {
    let descriptor: CInt

    init() throws(SystemCallError) {
        descriptor = try SystemCall.run("memfd_create") { cfcgi_memory_file("fastcgi-request") }
    }

    deinit {
        SystemCall.close(descriptor)
    }

    /// Writes a request into the empty file, and puts the reading position at its start.
    func fill(with request: [UInt8]) throws(SystemCallError) {
        let written = try SystemCall.run("pwrite") {
            request.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        }
        guard written == request.count else { throw SystemCallError("pwrite", ENOSPC) }
        _ = try SystemCall.run("lseek") { lseek(descriptor, 0, SEEK_SET) }
    }

    /// Drops the content: it is somebody's code or token.
    func empty() throws(SystemCallError) {
        _ = try SystemCall.run("ftruncate") { ftruncate(descriptor, 0) }
    }

    /// Gives the feed up without closing it: libfcgi closes the descriptor when it rejects what it reads.
    consuming func surrender() {
        discard self
    }
}
