import Foundation
import Glibc
import TestSupport

/// Reads a process's standard error only when told to: a named pipe in place of ``ServerProcess``' file.
final class LogReader: Sendable {
    private let descriptor: CInt
    private let path: String

    /// - Parameter name: the process's name for ``ServerProcess``.
    init(in directory: ScratchDirectory, name: String) throws {
        path = directory.path("\(name).err")
        _ = try Sockets.check("mkfifo", Int(mkfifo(path, 0o600)))
        descriptor = CInt(try Sockets.check("open", Int(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC))))
    }

    deinit {
        close(descriptor)
    }

    /// Fills the pipe to the last byte.
    func fill() throws {
        let end = CInt(try Sockets.check("open", Int(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC))))
        let newlines = [UInt8](repeating: UInt8(ascii: "\n"), count: 4_096)
        while write(end, newlines, newlines.count) > 0 {}
        while write(end, newlines, 1) > 0 {}
        close(end)
    }

    /// Closes the reading end for good.
    func leave() {
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        dup2(null, descriptor)
        close(null)
    }

    /// Reads until the other end is closed, or nothing has arrived for ten seconds.
    func readToEnd() async throws -> String {
        try await BlockingThread.run { [self] in
            _ = fcntl(descriptor, F_SETFL, 0)
            var text = Data()
            var buffer = [UInt8](repeating: 0, count: 65_536)
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while poll(&entry, 1, 10_000) > 0 {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                text += buffer[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
