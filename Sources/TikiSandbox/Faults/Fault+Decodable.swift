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
