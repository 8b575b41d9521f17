import Foundation
import Glibc
import TestSupport

/// One kept HTTP/1.1 connection to a port of 127.0.0.1: a request, its answer, the next.
final class HTTPClient {
    private let descriptor: CInt

    init(port: Int) throws {
        descriptor = try Sockets.make(AF_INET)
        Sockets.setTimeout(descriptor, seconds: 30)
        try Sockets.withLoopback(port: port) { _ = try Sockets.check("connect", Int(connect(descriptor, $0, $1))) }
    }

    deinit {
        close(descriptor)
    }

    /// Posts JSON and waits for the whole answer.
    ///
    /// - Returns: the status.
    func post(_ path: String, json: String) throws -> Int {
        let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        return try send("\(head)Content-Length: \(json.utf8.count)\r\n\r\n\(json)")
    }

    func get(_ path: String) throws -> Int {
        try send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    private func send(_ request: String) throws -> Int {
        try Sockets.sendAll(descriptor, Data(request.utf8))
        var answer = Data()
        while true {
            let part = try Sockets.receive(descriptor)
            guard !part.isEmpty else { throw TestSupportError("the connection was closed before the answer") }
            answer += part
            guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else { continue }
            let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self).lowercased()
            let lengthLine = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            guard let length = lengthLine?.split(separator: " ").last.flatMap({ Int($0) }),
                let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0.prefix(3)) })
            else { throw TestSupportError("an answer without status or length") }
            if answer.count - end.upperBound >= length { return status }
        }
    }
}
