import Foundation
import Glibc

/// A connection that blocks its thread: for tests that send more than tasks could.
struct BlockingPeer: ~Copyable {
    private let descriptor: CInt

    /// - Returns: nil if nobody listens.
    init?(_ path: String, timeout seconds: Int = 20) {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
        if !isConnected { return nil }
    }

    deinit {
        close(descriptor)
    }

    /// - Returns: whether all bytes were taken.
    borrowing func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) } == bytes.count
    }

    borrowing func halfClose() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// What comes until the other side closes; nil if it does not within the timeout.
    borrowing func readToEnd() -> [UInt8]? {
        var received: [UInt8] = []
        while true {
            let count = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 16) { buffer in
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 { received += buffer[..<count] }
                return count
            }
            if count == 0 || (count < 0 && errno == ECONNRESET) { return received }
            if count < 0 { return nil }
        }
    }

    /// Runs the same on many threads and waits for all of them.
    static func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            body(index)
                            continuation.resume()
                        }
                    }
                }
            }
        }
    }
}
