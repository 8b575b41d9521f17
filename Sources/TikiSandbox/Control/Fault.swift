/// A scripted fault for one call. Read from JSON.
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

/// The pending faults, in order. Each is used for one call.
struct FaultScript: Sendable {
    /// Enough for any test; bounds the memory.
    static let limit = 10_000

    private(set) var pending: [Fault] = []

    /// Adds faults at the end. Adds nothing and returns false if there would be too many.
    mutating func append(_ faults: [Fault]) -> Bool {
        guard self.pending.count + faults.count <= Self.limit else { return false }
        self.pending += faults
        return true
    }

    /// Takes the first fault that applies to this call. Faults for other calls stay, and do not hold this one up.
    mutating func next(for call: TikiCall) -> Fault? {
        guard let index = self.pending.firstIndex(where: { $0.call == nil || $0.call == call }) else { return nil }
        return self.pending.remove(at: index)
    }

    mutating func clear() {
        self.pending = []
    }
}

/// The script's JSON, one object a fault: `"path": "/oauth/me"` if it is only for this call, and one of `"status": 503`
/// (with `"body"` and `"content_type"` if wanted), `"garbage": true` and `"no_answer": true`.
/// An unknown member is an error, so that no typo makes a test pass.
extension Fault: Decodable {
    private enum Key: String, CodingKey {
        case path, status, body
        case contentType = "content_type"
        case garbage
        case noAnswer = "no_answer"
    }

    /// A mistake in a script, in words for its author.
    struct ScriptError: Error, Equatable {
        var message: String
    }

    /// Any key at all, to find unknown ones.
    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys where Key(rawValue: key.stringValue) == nil {
            throw ScriptError(message: "unknown member '\(key.stringValue)'")
        }
        let members = try decoder.container(keyedBy: Key.self)
        let status = try members.decodeIfPresent(Int.self, forKey: .status)
        let body = try members.decodeIfPresent(String.self, forKey: .body)
        let contentType = try members.decodeIfPresent(String.self, forKey: .contentType)
        let isGarbage = try members.decodeIfPresent(Bool.self, forKey: .garbage) ?? false
        let isSilent = try members.decodeIfPresent(Bool.self, forKey: .noAnswer) ?? false
        switch (status, isGarbage, isSilent) {
        case (let status?, false, false) where (200...599).contains(status):
            self.spoil = .status(status, body: body, contentType: contentType)
        case (nil, true, false) where body == nil && contentType == nil: self.spoil = .garbage
        case (nil, false, true) where body == nil && contentType == nil: self.spoil = .noAnswer
        default: throw ScriptError(message: "a fault has a status from 200 to 599, garbage or no_answer")
        }
        if let path = try members.decodeIfPresent(String.self, forKey: .path) {
            guard let call = TikiCall(rawValue: path) else {
                let paths = TikiCall.allCases.map(\.rawValue).joined(separator: ", ")
                throw ScriptError(message: "path must be one of \(paths)")
            }
            self.call = call
        }
    }
}
