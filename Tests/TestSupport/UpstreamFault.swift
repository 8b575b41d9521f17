/// What a ``FaultUpstream`` does with a request. The request itself asks for it, see ``credential(_:after:)``.
package enum UpstreamFault: String, CaseIterable, Sendable {
    // Whole answers.
    /// 200 and tokens.
    case success
    /// 400 in Tiki's envelope.
    case refusal
    /// 500 in Tiki's envelope.
    case failure
    /// 100 Continue, which nobody asked for, and then tokens.
    case interim
    /// Tokens in exactly 64 KiB.
    case atLimit
    /// Tokens, and `Connection: close`.
    case announcedClose
    /// Tokens, and a whole other answer behind them that no request asked for.
    case surplus

    // Answers that are none.
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
    /// A `Content-Length` behind the JSON's end, and the connection's end before it.
    case truncated
    case notHTTP
    /// Header fields without end.
    case endlessHead
    /// Chunks without end.
    case endlessBody

    // The connection ends instead.
    /// Reset with the request unread.
    case resetUnread
    case resetBeforeHead
    case resetInHead
    case resetInBody
    case closeBeforeHead

    // The connection ends later: the request itself gets its tokens.
    /// Closed while idle.
    case closeWhenIdle
    /// Reset while idle.
    case resetWhenIdle
    /// Reset when the next request on it has been read.
    case resetNextRequest

    // Slow ones.
    case noAnswer
    /// A byte of the head every 50 ms.
    case slowHead
    /// A byte of the body every 50 ms.
    case slowBody
    /// Tokens, later.
    case delayed

    /// What a request has in its code or token to ask for the fault.
    ///
    /// - Parameters:
    ///   - name: makes it unique.
    ///   - pause: how long what comes later is to wait, microseconds.
    package func credential(_ name: String, after pause: Int = 0) -> String { "\(rawValue)@\(pause)-\(name)" }

    /// What a request asks for; `success` if it asks for nothing.
    static func asked(by request: ReceivedRequest) -> (fault: UpstreamFault, pause: Int) {
        let words = request.credential.prefix { $0 != "-" }.split(separator: "@")
        guard words.count == 2, let fault = UpstreamFault(rawValue: String(words[0])), let pause = Int(words[1])
        else { return (.success, 0) }
        return (fault, pause)
    }

    /// Whether it goes on for longer than a request's time.
    package var isSlow: Bool { [.noAnswer, .slowHead, .slowBody].contains(self) }
}
