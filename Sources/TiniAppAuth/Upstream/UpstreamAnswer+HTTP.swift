import NIOHTTP1

extension UpstreamAnswer {
    private static let largestContentType = 128
    private static let longestReason = 64

    /// Takes what came over HTTP for an answer, if it is one.
    ///
    /// - Throws: ``UpstreamFailure`` if it is no plain JSON under a status that brings some.
    init(_ head: HTTPResponseHead, body: [UInt8]) throws(UpstreamFailure) {
        let status = Int(head.status.code)
        switch status {
        case 200..<300 where status != 204 && status != 205: break
        case 400...: break
        default: throw .unexpectedStatus
        }
        // RFC 9110 section 8.4. Only "identity" was asked for, and that is no coding.
        guard head.headers[canonicalForm: "Content-Encoding"].allSatisfy({ $0.lowercased() == "identity" }) else {
            throw .encoded
        }
        var scanner = JSONScanner(body, allowsLoneSurrogates: true)
        guard (try? scanner.scan()) != nil else { throw .notJSON }
        self.init(
            status: status,
            contentType: Self.contentType(head.headers) ?? "application/json",
            body: body,
            errorReason: Self.errorReason(in: scanner)
        )
    }

    /// The one `Content-Type` field, if it is fit to be passed on.
    private static func contentType(_ headers: HTTPHeaders) -> String? {
        let fields = headers["Content-Type"]
        guard fields.count == 1, let field = fields.first, field.utf8.count <= largestContentType,
            field.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }), MediaType.isWrittenInJSON(field)
        else { return nil }
        return field
    }

    /// Source of the place: Tiki's page "Error codes".
    private static func errorReason(in answer: JSONScanner) -> String? {
        guard let error = answer.value(of: "error"), error.first == UInt8(ascii: "{") else { return nil }
        var scanner = JSONScanner(Array(error), allowsLoneSurrogates: true)
        guard (try? scanner.scan()) != nil, let reason = scanner.value(of: "reason"), reason.count > 2,
            reason.first == UInt8(ascii: "\"")
        else { return nil }
        let word = reason.dropFirst().dropLast()
        guard word.count <= longestReason, word.allSatisfy(isWordCharacter) else { return nil }
        return String(decoding: word, as: UTF8.self)
    }

    private static func isWordCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
