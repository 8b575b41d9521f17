import Text
import Upstream

/// Tiki's answer, to be relayed as it came.
package struct TikiAnswer: Sendable, Equatable {
    /// Why an answer cannot be relayed. The raw value is a stable code for log and metrics.
    package enum Problem: String, Error, CaseIterable, Sendable {
        /// A status that has no JSON: 1xx, 3xx, 204 or 205.
        case unexpectedStatus = "unexpected_status"
        /// The body is encoded, which was not asked for.
        case encoded
        /// The body is not JSON.
        case notJSON = "not_json"
    }

    /// The HTTP status.
    package let status: Int
    /// Tiki's `Content-Type` if it is a JSON media type of at most 128 printable ASCII bytes, else
    /// `application/json`.
    package let contentType: String
    /// The body, which is JSON.
    package let body: [UInt8]
    /// Tiki's `Retry-After` if it is a number or a date (RFC 9110 section 10.2.3), else nil.
    package let retryAfter: String?
    /// The body's `error.reason` if it is a word of 1 to 64 characters out of `[a-z0-9_]`: safe for logs and metrics.
    /// ``TikiReason`` has those that mean something to us.
    package let errorReason: String?

    package init(
        status: Int,
        contentType: String = "application/json",
        body: [UInt8],
        retryAfter: String? = nil,
        errorReason: String? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.retryAfter = retryAfter
        self.errorReason = errorReason
    }
}

extension TikiAnswer {
    /// What it means for the token of its call.
    var tokenState: TokenState {
        TokenState(status: status, hasRetryAfter: retryAfter != nil, reason: errorReason, isReadable: true)
    }

    private static let largestContentType = 128
    private static let longestReason = 64

    /// Accepts an HTTP response if it is plain JSON and its status is one that has a body.
    init(_ response: HTTPResponse) throws(Problem) {
        switch response.status {
        case 200..<300 where response.status != 204 && response.status != 205: break
        case 400...: break
        default: throw .unexpectedStatus
        }
        guard response.fields["content-encoding"].allSatisfy(MediaType.isUnencoded) else { throw .encoded }
        // RFC 8259 section 8.1: a byte order mark may be ignored.
        let hasMark = response.body.starts(with: [0xEF, 0xBB, 0xBF])
        let body = hasMark ? Array(response.body.dropFirst(3)) : response.body
        var scanner = JSONScanner(body, allowsLoneSurrogates: true, inner: "error")
        guard (try? scanner.scan()) != nil else { throw .notJSON }
        self.init(
            status: response.status,
            contentType: Self.contentType(response.fields) ?? "application/json",
            body: body,
            retryAfter: Self.retryAfter(response.fields),
            errorReason: Self.errorReason(in: scanner)
        )
    }

    /// The one `Content-Type` field, if it is fit to be passed on.
    private static func contentType(_ fields: HTTPFields) -> String? {
        guard let field = fields.only("content-type"), field.utf8.count <= largestContentType,
            field.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }), MediaType.isWrittenInJSON(field)
        else { return nil }
        return field
    }

    /// The one `Retry-After` field, if it is fit to be passed on.
    static func retryAfter(_ fields: HTTPFields) -> String? {
        guard let field = fields.only("retry-after") else { return nil }
        let isSeconds = (1...10).contains(field.utf8.count) && field.utf8.allSatisfy(\.isASCIIDigit)
        return isSeconds || HTTPDate.unixTime(field) != nil ? field : nil
    }

    /// Source of the place: Tiki's page "Error codes".
    private static func errorReason(in answer: JSONScanner) -> String? {
        guard let reason = answer.innerValue(of: "reason"), reason.count > 2, reason.first == UInt8(ascii: "\"")
        else { return nil }
        let word = reason.dropFirst().dropLast()
        guard word.count <= longestReason, word.allSatisfy(isWordCharacter) else { return nil }
        return String(decoding: word, as: UTF8.self)
    }

    private static func isWordCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
        default: byte.isASCIIDigit
        }
    }
}
