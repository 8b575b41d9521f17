import Foundation
import TestSupport

/// A responder's answer to one request, parsed strictly.
struct FastCGIAnswer {
    let body: [UInt8]
    /// The content of stdout: headers and body.
    let document: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// - Throws: ``TestSupportError`` unless the bytes are the records of one finished response (FastCGI specification,
    ///   section 6.2) that holds a CGI document.
    init(_ bytes: [UInt8], requestID: UInt16 = 1) throws {
        guard let document = Self.stdout(bytes, requestID),
            let end = Data(document).range(of: Data("\r\n\r\n".utf8)),
            document.starts(with: "Status: ".utf8)
        else { throw TestSupportError("no answer in \(bytes.count) bytes") }
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
