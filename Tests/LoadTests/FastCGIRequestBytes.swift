import Foundation

/// The bytes of a FastCGI request as nginx sends it (FastCGI specification, sections 3.3, 3.4 and 5).
enum FastCGIRequestBytes {
    static func post(_ path: String, json: String, id: String) -> Data {
        let body = Data(json.utf8)
        let params = [
            ("REQUEST_METHOD", "POST"), ("DOCUMENT_URI", path), ("CONTENT_TYPE", "application/json"),
            ("CONTENT_LENGTH", String(body.count)), ("REQUEST_ID", id),
        ]
        var pairs = Data()
        for (name, value) in params {
            pairs += Data([UInt8(name.utf8.count), UInt8(value.utf8.count)]) + Data("\(name)\(value)".utf8)
        }
        let begin = record(1, Data([0, 1, 0, 0, 0, 0, 0, 0]))
        return begin + record(4, pairs) + record(4, Data()) + record(5, body) + record(5, Data())
    }

    private static func record(_ type: UInt8, _ content: Data) -> Data {
        Data([1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0]) + content
    }
}
