/// What a script wants to go wrong with one call. Read from JSON, see `Fault+Decodable.swift`.
struct Fault: Equatable, Sendable {
    /// The ways to spoil an answer.
    enum Spoil: Equatable, Sendable {
        /// Another status, with the given body or, without one, a failure envelope with the reason `sandbox_fault`.
        case status(Int, body: String?, contentType: String?)
        /// The connection is closed and not a byte was answered.
        case cutBeforeHead
        /// The connection is closed in the middle of the body, whose full length the head had promised.
        case cutInBody
        /// Status 200 and bytes that are no JSON.
        case garbage
        /// Bytes that are no HTTP, then the connection is closed.
        case garbageHTTP
        /// The call is read and never answered.
        case noAnswer
        /// The right answer, followed by white space until it is larger than this.
        case oversize(bytes: Int)
    }

    /// The only call that the fault is for; nil means whichever comes next.
    var call: TikiCall?
    /// Waits this long before the answer. Combines with everything else.
    var delayMilliseconds = 0
    /// Answers with `Connection: close` and closes. Combines with every answer that is one.
    var closesConnection = false
    var spoil: Spoil?
    /// Whether the call is carried out (its code spent, its tokens rotated) although its answer is spoiled: the
    /// dangerous case, since the caller cannot know, and so the default for all but a status.
    var isCarriedOut = true
}
