import CLinux
import Glibc

/// A file in memory: takes the output of a library that writes to a descriptor, so that it can be sent in one piece.
struct MemoryFile: ~Copyable {
    let descriptor: CInt

    init() throws(SystemCallError) {
        descriptor = try SystemCall.run("memfd_create") { clinux_memory_file("answer") }
    }

    deinit {
        SystemCall.close(descriptor)
    }

    /// Sends all that has been written, and some bytes more, by one call and without waiting.
    ///
    /// - Returns: whether the socket has taken all of it.
    func send(to socket: CInt, followedBy end: [UInt8]) -> Bool {
        let count = Int(lseek(descriptor, 0, SEEK_END))
        guard count > 0 else { return false }
        let bytes = [UInt8](unsafeUninitializedCapacity: count + end.count) { buffer, initializedCount in
            initializedCount = max(0, pread(descriptor, buffer.baseAddress, count, 0))
            for byte in end {
                buffer.initializeElement(at: initializedCount, to: byte)
                initializedCount += 1
            }
        }
        return bytes.count == count + end.count
            && bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) } == bytes.count
    }
}
