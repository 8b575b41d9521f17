/// What the end of a call means for its token: whether it may be sent to Tiki again.
///
/// What counts is who may have sent the answer, and whether the token may have been used by then. A gateway also
/// answers 5xx if it has forwarded the request and lost the answer; the media type says nothing about that. Tiki's
/// pages do not cover every case. Where they do not, "in doubt" costs less if it is wrong (the same error for a while,
/// then a new code) than "free" (a login). `docs/at-most-once.md` has this table, too.
package enum TokenState: Sendable {
    /// It has not been used, and may be sent again.
    case free
    /// Tiki has taken it.
    case settled
    /// Tiki has refused it for good.
    case refused
    /// It may have been used.
    case inDoubt

    /// The state after an answer.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - hasRetryAfter: whether it has a valid `Retry-After`. A server that says when to come back is overloaded or under
    ///     maintenance (RFC 9110 sections 10.2.3 and 15.6.4); one that has lost an answer does not send it.
    ///   - reason: Tiki's `error.reason`.
    ///   - isReadable: whether it is Tiki's JSON.
    init(status: Int, hasRetryAfter: Bool, reason: String?, isReadable: Bool) {
        let isRefusal = reason == TikiReason.invalidCode.rawValue || reason == TikiReason.invalidToken.rawValue
        self =
            switch status {
            // Tiki's pages do not show the status line of a refusal.
            case 200..<500 where isRefusal: .refused
            case 200..<300 where isReadable && reason == nil: .settled
            // Refused before it was used, also by a gateway: 408, 421, 425 and 429 among them.
            case 400..<500: .free
            case 503 where hasRetryAfter: .free
            default: .inDoubt
            }
    }
}
