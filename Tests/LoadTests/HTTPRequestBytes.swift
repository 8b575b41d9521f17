import Foundation

/// The bytes of an HTTP request on its own connection.
enum HTTPRequestBytes {
    static func post(_ path: String, json: String) -> Data {
        let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        return Data("\(head)Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)".utf8)
    }
}
