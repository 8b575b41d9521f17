/// A fault of ``FaultUpstream``. The request itself asks for it, see ``credential(_:after:)``.
package enum UpstreamFault: String, CaseIterable, Sendable {
    // Complete answers.
    /// 200 and tokens.
    case success
    /// 400 in Tiki's envelope.
    case refusal
    /// 500 in Tiki's envelope.
    case failure
    /// An unsolicited 100 Continue, then tokens.
    case interim
    /// Tokens that fill exactly 64 KiB.
    case atLimit
    /// Tokens, and `Connection: close`.
    case announcedClose
    /// Tokens, followed by a second, unsolicited answer.
    case surplus

    // Invalid answers.
    case notJSON
    /// 64 KiB and one byte.
    case overLimit
    case gzip
    case noContent
    case moved
    case notModified
    case emptyBody
    /// A `Content-Length` that ends inside the JSON.
    case lengthTooSmall
    /// A `Content-Length` beyond the JSON's end, but the connection ends before that.
    case truncated
    case notHTTP
    /// Endless header fields.
    case endlessHead
    /// Endless chunks.
    case endlessBody

    // The connection ends instead.
    /// Reset with the request unread.
    case resetUnread
    case resetBeforeHead
    case resetInHead
    case resetInBody
    case closeBeforeHead

    // The connection ends later; the request itself gets its tokens.
    /// Closed while idle.
    case closeWhenIdle
    /// Reset while idle.
    case resetWhenIdle
    /// Reset after the next request on it was read.
    case resetNextRequest

    // Slow answers.
    case noAnswer
    /// A byte of the head every 50 ms.
    case slowHead
    /// A byte of the body every 50 ms.
    case slowBody
    /// Tokens, later.
    case delayed

    /// The code or token with which a request asks for the fault.
    ///
    /// - Parameters:
    ///   - name: makes it unique.
    ///   - pause: how long the delayed part waits, microseconds.
    package func credential(_ name: String, after pause: Int = 0) -> String { "\(rawValue)@\(pause)-\(name)" }

    /// The fault that a request asks for; `success` if it asks for none.
    static func asked(by request: ReceivedRequest) -> (fault: UpstreamFault, pause: Int) {
        let words = request.credential.prefix { $0 != "-" }.split(separator: "@")
        guard words.count == 2, let fault = UpstreamFault(rawValue: String(words[0])), let pause = Int(words[1])
        else { return (.success, 0) }
        return (fault, pause)
    }

    /// Whether it takes longer than a request may.
    package var isSlow: Bool { [.noAnswer, .slowHead, .slowBody].contains(self) }
}
