import Foundation

/// A responder's answer to one request, parsed strictly.
package struct FastCGIAnswer {
    package let status: Int
    package let headers: [String: String]
    package let body: [UInt8]
    /// The content of stdout: headers and body.
    package let document: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The `reason` of an error in Tiki's envelope; nil for any other answer.
    package var reason: String? {
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
    package init?(_ bytes: [UInt8], requestID: UInt16 = 1) {
        guard let document = Self.stdout(bytes, requestID),
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
        self.document = document
        body = Array(document[end.upperBound...])
    }

    /// The content of the stdout stream, if both the stream and the request end.
    private static func stdout(_ bytes: [UInt8], _ requestID: UInt16) -> [UInt8]? {
        let (records, rest) = FastCGIRecord.decode(bytes)
        guard rest.isEmpty, records.allSatisfy({ $0.version == 1 && $0.requestID == requestID }),
            // Application status 0 and protocol status FCGI_REQUEST_COMPLETE, with nothing after it.
            let end = records.last, end.kind == .endRequest, end.content.prefix(5).allSatisfy({ $0 == 0 })
        else { return nil }
        let output = records.dropLast().filter { $0.kind != .stderr || !$0.content.isEmpty }
        guard output.allSatisfy({ $0.kind == .stdout }),
            output.firstIndex(where: \.content.isEmpty) == output.indices.last
        else { return nil }
        return output.flatMap(\.content)
    }
}
