import Foundation
import Glibc
import TestSupport

/// A web server's end of a connection to a responder. Sends exactly the bytes it is given.
final class FastCGIPeer {
    private let descriptor: CInt

    init(_ path: String) throws {
        descriptor = try Sockets.connect(path: path, timeout: 60)
    }

    deinit {
        close(descriptor)
    }

    /// Whether the responder has neither sent anything nor closed.
    var isWaiting: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// Sends bytes, as far as the responder has not closed the connection.
    func send(_ bytes: [UInt8]) {
        try? Sockets.sendAll(descriptor, Data(bytes))
    }

    /// Closes the sending side; reading is still possible.
    func halfClose() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Reads until the responder closes. A reset counts as closing.
    func readToEnd() throws -> [UInt8] { try read { _ in false } }

    /// Reads until the responder closes, or the bytes so far are enough.
    private func read(until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(received) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET) { break }
            received += buffer.prefix(try Sockets.check("recv", count))
        }
        return received
    }

    /// Reads until the last record is of this kind, or the responder closes.
    func readRecords(until kind: FastCGIRecord.Kind) throws -> [FastCGIRecord] {
        FastCGIRecord.decode(try read { FastCGIRecord.decode($0).records.last?.kind == kind }).records
    }

    /// Reads to the end of the connection, and parses the answer.
    func answer() throws -> FastCGIAnswer { try FastCGIAnswer(readToEnd()) }

    /// Reads the answer to a request on a connection that stays open, and parses it. Nothing may come after it.
    func answerOnKeptConnection(requestID: UInt16 = 1) throws -> FastCGIAnswer {
        try FastCGIAnswer(readRecords(until: .endRequest).bytes, requestID: requestID)
    }

    /// Sends a request, or the rest of one, and reads the answer.
    func exchange(_ bytes: [UInt8] = SampleRequest.usual.bytes) throws -> FastCGIAnswer {
        send(bytes)
        return try answer()
    }
}
