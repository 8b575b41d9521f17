/// The script's JSON, one object a fault:
///
/// | member | meaning |
/// |---|---|
/// | `"delay_ms": 500` | answer this much later |
/// | `"close": true` | answer with `Connection: close`, and close |
/// | `"path": "/oauth/me"` | only for this call |
/// | `"after": false` | do not carry the call out; true is the default, but for `status` |
///
/// and at most one of `"status": 503` (with `"body"` and `"content_type"` if wanted), `"cut": "before_head"` or
/// `"in_body"`, `"garbage": true`, `"garbage_http": true`, `"no_answer": true`, `"oversize": 100000`.
/// An unknown member is an error, so that no typo makes a test pass.
extension Fault: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
        case delay = "delay_ms"
        case close, path, after, status, body
        case contentType = "content_type"
        case cut, garbage
        case garbageHTTP = "garbage_http"
        case noAnswer = "no_answer"
        case oversize
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
        self.init()
        if let path = try members.decodeIfPresent(String.self, forKey: .path) {
            guard let call = TikiCall(rawValue: path) else {
                let paths = TikiCall.allCases.map(\.rawValue).joined(separator: ", ")
                throw ScriptError(message: "path must be one of \(paths)")
            }
            self.call = call
        }
        self.delayMilliseconds = try members.integer(.delay, in: 0...600_000) ?? 0
        self.closesConnection = try members.flag(.close)
        self.spoil = try Self.spoil(members)
        let isStatus = if case .status = self.spoil { true } else { false }
        self.isCarriedOut = try members.decodeIfPresent(Bool.self, forKey: .after) ?? !isStatus
    }

    private static func spoil(_ members: KeyedDecodingContainer<Key>) throws -> Spoil? {
        var found: [Spoil] = []
        let body = try members.decodeIfPresent(String.self, forKey: .body)
        let contentType = try members.decodeIfPresent(String.self, forKey: .contentType)
        if let status = try members.integer(.status, in: 200...599) {
            found.append(.status(status, body: body, contentType: contentType))
        } else if body != nil || contentType != nil {
            throw ScriptError(message: "body and content_type go with status")
        }
        switch try members.decodeIfPresent(String.self, forKey: .cut) {
        case "before_head": found.append(.cutBeforeHead)
        case "in_body": found.append(.cutInBody)
        case nil: break
        default: throw ScriptError(message: "cut must be before_head or in_body")
        }
        if try members.flag(.garbage) { found.append(.garbage) }
        if try members.flag(.garbageHTTP) { found.append(.garbageHTTP) }
        if try members.flag(.noAnswer) { found.append(.noAnswer) }
        if let bytes = try members.integer(.oversize, in: 0...1_073_741_824) {
            found.append(.oversize(bytes: bytes))
        }
        guard found.count < 2 else {
            throw ScriptError(message: "one fault can spoil an answer in one way only")
        }
        return found.first
    }
}

extension KeyedDecodingContainer {
    fileprivate func flag(_ key: Key) throws -> Bool {
        try self.decodeIfPresent(Bool.self, forKey: key) ?? false
    }

    fileprivate func integer(_ key: Key, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = try self.decodeIfPresent(Int.self, forKey: key) else { return nil }
        guard range.contains(value) else {
            throw Fault.ScriptError(
                message: "\(key.stringValue) must be between \(range.lowerBound) and \(range.upperBound)"
            )
        }
        return value
    }
}
