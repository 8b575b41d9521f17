import Foundation
import Glibc

/// A TCP client that sends exactly the bytes it is given.
package enum RawTCP {
    /// Sends bytes to a port of 127.0.0.1 and reads until the peer closes.
    ///
    /// - Parameter timeout: seconds for each wait.
    /// - Returns: the bytes received. A reset counts as the end.
    /// - Throws: ``TestSupportError`` if nothing was received.
    package static func exchange(port: Int, _ bytes: Data, timeout: Int = 20) async throws -> Data {
        try await BlockingThread.run {
            let descriptor = try Sockets.connect(port: port, timeout: timeout)
            defer { close(descriptor) }
            try Sockets.sendAll(descriptor, bytes)
            var answer = Data()
            do {
                while case let part = try Sockets.receive(descriptor), !part.isEmpty { answer.append(part) }
            } catch  where !answer.isEmpty {}
            return answer
        }
    }

    /// Sends a request's text and parses the answer.
    ///
    /// - Throws: ``TestSupportError`` if the answer is not HTTP.
    package static func request(port: Int, _ text: String) async throws -> HTTPAnswer {
        let bytes = try await exchange(port: port, Data(text.utf8))
        guard let answer = HTTPAnswer(bytes) else { throw TestSupportError("no HTTP answer in \(bytes.count) bytes") }
        return answer
    }
}
