import Glibc
import TestSupport

/// A connection to a responder that sends exactly the bytes it is told to. Never blocks a thread.
final class FastCGIPeer: Sendable {
    private let descriptor: CInt

    /// - Throws: ``TestSupportError`` if nobody listens.
    init(_ path: String) async throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("socket") }
        try await Self.retry("a place in the queue of \(path)", within: .seconds(20)) {
            Self.connect(descriptor, to: path)
        }
    }

    deinit {
        close(descriptor)
    }

    /// Whether the responder has neither said anything nor closed.
    var isWaiting: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, CInt(MSG_PEEK)) < 0 && errno == EAGAIN
    }

    /// Sends bytes.
    ///
    /// - Returns: whether all of them were taken; false if the responder has closed the connection.
    @discardableResult
    func send(_ bytes: [UInt8], within timeout: Duration = .seconds(20)) async throws -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = try await Self.retry("room to send", within: timeout) {
                bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends an end-of-file, and goes on reading.
    func halfClose() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Reads until the responder closes. A reset counts as that.
    ///
    /// - Throws: ``TestSupportError`` if it does not close in time.
    func readToEnd(within timeout: Duration) async throws -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try await Self.retry("the end of the connection", within: deadline - .now) {
                recv(descriptor, &buffer, buffer.count, 0)
            }
            guard count > 0 else { return received }
            received += buffer[..<count]
        }
    }

    /// Reads the answer, to the end of the connection.
    func answer(within timeout: Duration = .seconds(20)) async throws -> FastCGIAnswer {
        let bytes = try await readToEnd(within: timeout)
        guard let answer = FastCGIAnswer(bytes) else { throw TestSupportError("no answer in \(bytes.count) bytes") }
        return answer
    }

    /// Calls until the call does not have to wait.
    ///
    /// - Returns: the call's result; 0 if the other side has gone.
    @discardableResult
    private static func retry(_ what: String, within timeout: Duration, _ call: () -> Int) async throws -> Int {
        let deadline = ContinuousClock.now + timeout
        while true {
            let result = call()
            if result >= 0 { return result }
            switch errno {
            case EAGAIN: break
            case EPIPE, ECONNRESET: return 0
            default: throw failure(what)
            }
            guard ContinuousClock.now < deadline else { throw TestSupportError("\(what): not in time") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private static func connect(_ descriptor: CInt, to path: String) -> Int {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Int(Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)))
            }
        }
    }

    private static func failure(_ what: String) -> TestSupportError {
        TestSupportError("\(what): \(String(cString: strerror(errno)))")
    }
}
