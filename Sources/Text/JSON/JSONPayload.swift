/// The bytes to sign and send: the app's JSON object, checked, without insignificant whitespace.
package struct JSONPayload: Hashable, Sendable {
    /// The ways in which a request's body can be wrong.
    package enum Problem: Error, Equatable, Sendable {
        /// It is empty, or means "nothing".
        case empty
        /// It is not JSON in UTF-8.
        case notJSON(JSONSyntaxError)
        /// It is JSON, but not an object.
        case notAnObject
        /// The object has a key twice, so two readers could see different values. Holds the key if it looks like one.
        case duplicateKey(String?)
        /// The object lacks the required key.
        case missingKey(String)
        /// The required key's value is not a non-empty string.
        case invalidValue(String)
    }

    /// The object's text, with key order, numbers, escapes and extra keys as received.
    package let bytes: [UInt8]
    /// The required key's string, its escapes resolved, in UTF-8.
    package let requiredValue: [UInt8]

    /// Texts that count as "nothing" in the tutorial that this backend replaces.
    private static let emptyValues = ["", "{}", "[]", "null", "\"\"", "0", "false"].map { Array($0.utf8) }

    /// Checks a body.
    ///
    /// - Parameters:
    ///   - body: the request's body.
    ///   - key: the required key, which must be there once, with a non-empty string.
    package init(_ body: [UInt8], requiring key: String) throws(Problem) {
        if body.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { throw .empty }
        var scanner = JSONScanner(body)
        let kind: JSONScanner.ValueKind
        do { kind = try scanner.scan() } catch { throw .notJSON(error) }

        if Self.emptyValues.contains(scanner.compact) { throw .empty }
        guard kind == .object else { throw .notAnObject }
        if let key = Self.firstDuplicate(among: scanner.members) { throw .duplicateKey(Self.presentable(key)) }
        guard let member = scanner.members.first(where: { $0.key.isNamed(key) }) else {
            throw .missingKey(key)
        }
        guard member.value == .string(isEmpty: false) else { throw .invalidValue(key) }
        bytes = scanner.compact
        requiredValue = JSONScanner.decodedString(bytes[member.range])
    }

    /// An object with one member.
    ///
    /// - Parameter value: not empty, and without characters that JSON escapes.
    package init(key: String, plainValue value: String) {
        bytes = Array(#"{"\#(key)":"\#(value)"}"#.utf8)
        requiredValue = Array(value.utf8)
    }

    /// The first key that repeats an earlier one.
    private static func firstDuplicate(among members: [JSONScanner.Member]) -> ArraySlice<UInt8>? {
        // There is nearly always just one key.
        guard members.count > 1 else { return nil }
        var seen = Set<ArraySlice<UInt8>>()
        return members.first { !seen.insert($0.key).inserted }?.key
    }

    /// A key as text for an error, if it looks like a key: short, with only letters, digits and underscores. Codes and
    /// tokens have a dot or are longer, so one that was pasted into the wrong place is not repeated.
    private static func presentable(_ key: ArraySlice<UInt8>) -> String? {
        guard key.count <= 32, key.allSatisfy({ $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "_") }) else {
            return nil
        }
        return String(decoding: key, as: UTF8.self)
    }
}
