import Glibc

/// A web server's end of a connection to a responder, which sends exactly the bytes it is told to.
///
/// It blocks its thread. Sending does so only while the socket's buffer is full; for the reads, which wait for the
/// responder, there are asynchronous ones of the same name.
package final class FastCGIPeer: Sendable {
    private let descriptor: CInt

    /// - Throws: ``TestSupportError`` if nobody listens.
    package init(_ path: String) throws {
        descriptor = try Sockets.connect(path: path, timeout: 20)
    }

    deinit {
        close(descriptor)
    }

    /// Whether the responder has neither said anything nor closed.
    package var isWaiting: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// Sends bytes.
    ///
    /// - Returns: whether all of them were taken; false if the responder has closed the connection.
    @discardableResult
    package func send(_ bytes: [UInt8]) throws -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count < 0, errno == EPIPE || errno == ECONNRESET { return false }
            rest = rest.dropFirst(try Sockets.check("send", count))
        }
        return true
    }

    /// Sends an end-of-file, and goes on reading.
    package func halfClose() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Reads until the responder closes. A reset counts as that.
    ///
    /// - Throws: ``TestSupportError`` if it does not close in time.
    package func readToEnd(within timeout: Duration = .seconds(20)) throws -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        var received: [UInt8] = []
        while true {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = max(.zero, deadline - .now) / .milliseconds(1)
            guard try Sockets.check("poll", Int(poll(&polled, 1, CInt(left)))) > 0 else {
                throw TestSupportError("the end of the connection: not within \(timeout)")
            }
            let count = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 16) { buffer in
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 { received += buffer[..<count] }
                return count
            }
            if count == 0 || (count < 0 && errno == ECONNRESET) { return received }
            _ = try Sockets.check("recv", count)
        }
    }

    package func readToEnd(within timeout: Duration = .seconds(20)) async throws -> [UInt8] {
        try await BlockingThread.run { try self.readToEnd(within: timeout) }
    }

    /// Reads the answer, to the end of the connection.
    package func answer(within timeout: Duration = .seconds(20)) throws -> FastCGIAnswer {
        let bytes = try readToEnd(within: timeout)
        guard let answer = FastCGIAnswer(bytes) else { throw TestSupportError("no answer in \(bytes.count) bytes") }
        return answer
    }

    package func answer(within timeout: Duration = .seconds(20)) async throws -> FastCGIAnswer {
        try await BlockingThread.run { try self.answer(within: timeout) }
    }
}
