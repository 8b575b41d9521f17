import Glibc

/// A web server's end of a connection to a responder. Sends exactly the bytes it is given.
///
/// It blocks its thread. Sending blocks only while the socket's buffer is full; the reads wait for the responder, and
/// have asynchronous variants with the same names.
package final class FastCGIPeer: Sendable {
    private let descriptor: CInt

    /// - Throws: ``TestSupportError`` if nothing listens there.
    package init(_ path: String) throws {
        descriptor = try Sockets.connect(path: path, timeout: 20)
    }

    deinit {
        close(descriptor)
    }

    /// Whether the responder has neither sent anything nor closed.
    package var isWaiting: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// Sends bytes.
    ///
    /// - Returns: whether the socket took them all; false if the responder has closed the connection.
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

    /// Closes the sending side; reading is still possible.
    package func halfClose() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Reads until the responder closes. A reset counts as closing.
    ///
    /// - Throws: ``TestSupportError`` if it does not close in time.
    package func readToEnd(within timeout: Duration = .seconds(60)) throws -> [UInt8] {
        try read(within: timeout) { _ in false }
    }

    /// Reads until the responder closes, or the bytes so far are enough.
    private func read(within timeout: Duration, until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        var received: [UInt8] = []
        while !isEnough(received) {
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
        return received
    }

    package func readToEnd(within timeout: Duration = .seconds(60)) async throws -> [UInt8] {
        try await BlockingThread.run { try self.readToEnd(within: timeout) }
    }

    /// Reads to the end of the connection, and parses the answer.
    package func answer(within timeout: Duration = .seconds(60)) throws -> FastCGIAnswer {
        let bytes = try readToEnd(within: timeout)
        guard let answer = FastCGIAnswer(bytes) else { throw TestSupportError("no answer in \(bytes.count) bytes") }
        return answer
    }

    /// Reads until the last record is of this kind, or the responder closes.
    package func readRecords(
        until kind: FastCGIRecord.Kind,
        within timeout: Duration = .seconds(60)
    ) throws -> [FastCGIRecord] {
        FastCGIRecord.decode(try read(within: timeout) { FastCGIRecord.decode($0).records.last?.kind == kind }).records
    }

    /// Reads the answer to a request on a connection that stays open, and parses it. Nothing may come after it.
    package func answerOnKeptConnection(within timeout: Duration = .seconds(60)) throws -> FastCGIAnswer {
        let bytes = try readRecords(until: .endRequest, within: timeout).bytes
        guard let answer = FastCGIAnswer(bytes) else { throw TestSupportError("no answer in \(bytes.count) bytes") }
        return answer
    }

    package func answerOnKeptConnection(within timeout: Duration = .seconds(60)) async throws -> FastCGIAnswer {
        try await BlockingThread.run { try self.answerOnKeptConnection(within: timeout) }
    }

    package func answer(within timeout: Duration = .seconds(60)) async throws -> FastCGIAnswer {
        try await BlockingThread.run { try self.answer(within: timeout) }
    }
}
