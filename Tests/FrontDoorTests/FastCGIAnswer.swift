import Foundation

/// What a responder sent back for one request, taken apart strictly.
struct FastCGIAnswer {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The `reason` of an error in Tiki's envelope; nil if this is none.
    var reason: String? {
        struct Envelope: Decodable {
            struct Failure: Decodable {
                let reason: String
            }
            let error: Failure
        }
        return try? JSONDecoder().decode(Envelope.self, from: Data(body)).error.reason
    }

    /// - Returns: nil unless the bytes are the records of one finished response (FastCGI specification, section 6.2)
    ///   that holds a CGI document.
    init?(_ bytes: [UInt8], requestID: UInt16 = 1) {
        guard let document = Self.standardOutput(of: bytes[...], requestID),
            let end = Data(document).range(of: Data("\r\n\r\n".utf8))
        else { return nil }
        var headers: [String: String] = [:]
        for line in String(decoding: document[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n") {
            let field = line.components(separatedBy: ": ")
            guard field.count == 2 else { return nil }
            headers[field[0]] = field[1]
        }
        guard let number = headers["Status"]?.prefix(3), let status = Int(number) else { return nil }
        self.status = status
        self.headers = headers
        body = Array(document[end.upperBound...])
    }

    /// The content of the stdout stream, if the stream ends and the request does.
    private static func standardOutput(of bytes: ArraySlice<UInt8>, _ requestID: UInt16) -> [UInt8]? {
        var rest = bytes
        var output: [UInt8] = []
        var outputEnded = false
        while rest.count >= 8 {
            let head = Array(rest.prefix(8))
            let (length, padding) = (Int(head[4]) << 8 | Int(head[5]), Int(head[6]))
            rest = rest.dropFirst(8)
            let id = UInt16(head[2]) << 8 | UInt16(head[3])
            guard head[0] == 1, id == requestID, rest.count >= length + padding else { return nil }
            let content = rest.prefix(length)
            rest = rest.dropFirst(length + padding)
            switch head[1] {
            case FastCGIRecord.Kind.stdout where !outputEnded:
                output += content
                outputEnded = content.isEmpty
            case FastCGIRecord.Kind.stderr where content.isEmpty: continue
            case FastCGIRecord.Kind.end:
                // Application status 0, protocol status FCGI_REQUEST_COMPLETE, nothing behind.
                return content.prefix(5).allSatisfy { $0 == 0 } && rest.isEmpty && outputEnded ? output : nil
            default: return nil
            }
        }
        return nil
    }
}
