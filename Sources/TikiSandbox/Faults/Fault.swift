/// A scripted fault for one call. Read from JSON, see `Fault+Decodable.swift`.
struct Fault: Equatable, Sendable {
    /// The ways to spoil an answer.
    enum Spoil: Equatable, Sendable {
        /// Another status, with the given body or, without one, a failure envelope with the reason `sandbox_fault`.
        /// The call is not carried out.
        case status(Int, body: String?, contentType: String?)
        /// Status 200 and bytes that are not JSON. The call is carried out, which its caller cannot know.
        case garbage
        /// The call is read, carried out and never answered.
        case noAnswer
    }

    /// The only call that the fault applies to; nil means any call.
    var call: TikiCall?
    var spoil: Spoil
    /// Whether the call's code is spent and its tokens rotated.
    var isCarriedOut: Bool { if case .status = self.spoil { false } else { true } }
}
