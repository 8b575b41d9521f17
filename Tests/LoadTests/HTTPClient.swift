import Foundation
import Glibc
import TestSupport

/// One kept HTTP/1.1 connection to a port of 127.0.0.1, for one request at a time. Connects again after the server
/// announced that it closes.
final class HTTPClient {
    private let port: Int
    private var descriptor: CInt

    init(port: Int) throws {
        self.port = port
        descriptor = try Sockets.connect(port: port, timeout: 30)
    }

    deinit {
        close(descriptor)
    }

    /// Posts JSON and waits for the complete answer.
    func post(_ path: String, json: String) throws -> HTTPAnswer {
        let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        return try send("\(head)Content-Length: \(json.utf8.count)\r\n\r\n\(json)")
    }

    func get(_ path: String) throws -> HTTPAnswer {
        try send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    private func send(_ request: String) throws -> HTTPAnswer {
        try Sockets.sendAll(descriptor, Data(request.utf8))
        var received = Data()
        while true {
            let part = try Sockets.receive(descriptor)
            guard !part.isEmpty else { throw TestSupportError("the connection was closed before the answer") }
            received += part
            guard let end = received.range(of: Data("\r\n\r\n".utf8)) else { continue }
            let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
            guard let answer = HTTPAnswer(head: head, body: Data(received[end.upperBound...])),
                let length = answer.headers["Content-Length"].first.flatMap({ Int($0) })
            else { throw TestSupportError("an answer without status or length") }
            guard answer.body.count >= length else { continue }
            if answer.headers["Connection"].contains("close") {
                close(descriptor)
                descriptor = try Sockets.connect(port: port, timeout: 30)
            }
            return answer
        }
    }
}
