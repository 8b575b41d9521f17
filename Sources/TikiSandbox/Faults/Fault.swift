/// A scripted fault for one call. Read from JSON, see `Fault+Decodable.swift`.
struct Fault: Equatable, Sendable {
    /// The ways to spoil an answer.
    enum Spoil: Equatable, Sendable {
        /// Another status, with the given body or, without one, a failure envelope with the reason `sandbox_fault`.
        case status(Int, body: String?, contentType: String?)
        /// The connection is closed before the first byte of the answer.
        case cutBeforeHead
        /// The connection is closed in the middle of the body; the head gave its full length.
        case cutInBody
        /// Status 200 and bytes that are not JSON.
        case garbage
        /// Bytes that are not HTTP, then the connection is closed.
        case garbageHTTP
        /// The call is read and never answered.
        case noAnswer
        /// The right answer, followed by white space until it is larger than this.
        case oversize(bytes: Int)
    }

    /// The only call that the fault applies to; nil means any call.
    var call: TikiCall?
    /// Waits this long before the answer. Combines with everything else.
    var delayMilliseconds = 0
    /// Answers with `Connection: close` and closes. Combines with everything that produces an HTTP answer.
    var closesConnection = false
    var spoil: Spoil?
    /// Whether the call is carried out (its code spent, its tokens rotated) although its answer is spoiled. This is the
    /// dangerous case, since the caller cannot know, so it is the default except for a status.
    var isCarriedOut = true
}
