import FastCGI
import NIOHTTP1
import TiniAppAuth

extension FastCGIResponse {
    /// A response with content.
    init(
        status: Int,
        type: String,
        body: [UInt8],
        _ requestID: RequestID,
        extra: [(name: String, value: String)] = []
    ) {
        let content = [(name: "Content-Type", value: type), (name: "Content-Length", value: String(body.count))]
        self.init(status: status, requestID, content: content, extra: extra)
        self.body = body
    }

    /// Every response is made here, with the header fields that all have in common. It has no content yet.
    init(
        status: Int,
        _ requestID: RequestID,
        content: [(name: String, value: String)] = [],
        extra: [(name: String, value: String)]
    ) {
        // No store and no cache: RFC 6749 section 5.1, for everything that may hold a token.
        let common = [
            (name: "Cache-Control", value: "no-store"), (name: "Pragma", value: "no-cache"),
            (name: "X-Request-Id", value: requestID.text),
        ]
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        self.init(status: status, reasonPhrase: phrase, headers: content + common + extra)
    }

    /// Content of our own.
    init(type: String = "application/json", content: String, status: Int = 200, _ requestID: RequestID) {
        self.init(status: status, type: type, body: Array(content.utf8), requestID)
    }

    /// What became of a call: Tiki's answer as it came, or an error.
    init(_ outcome: AuthOutcome, _ requestID: RequestID) {
        switch outcome.result {
        case .success(let answer):
            var extra: [(name: String, value: String)] = []
            if let time = answer.retryAfter { extra.append(("Retry-After", time)) }
            // RFC 9111 section 5.1: what expires in so many seconds did so when Tiki said it.
            if let age = outcome.age { extra.append(("Age", String(age))) }
            self.init(status: answer.status, type: answer.contentType, body: answer.body, requestID, extra: extra)
        case .failure(let error):
            self.init(error, requestID)
        }
    }
}
