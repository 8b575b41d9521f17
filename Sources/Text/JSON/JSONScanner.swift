/// One strict pass over JSON text (RFC 8259): checks it, and copies it without insignificant whitespace.
///
/// Strict where readers differ: no byte order mark, no comments, no trailing comma, no `NaN`. Numbers and escapes are
/// copied as they are; only the keys of the outermost object are decoded. Depth is bounded, and with it recursion.
package struct JSONScanner {
    /// Arrays and objects within each other. RFC 8259 section 9 leaves the limit to the implementation.
    static let maxDepth = 64

    /// What a value is.
    package enum ValueKind: Equatable, Sendable {
        case object
        case array
        case string(isEmpty: Bool)
        case number
        case literal
    }

    /// A member of the outermost object.
    package struct Member: Sendable {
        /// The key without quotation marks, its escapes resolved.
        package let key: ArraySlice<UInt8>
        package let value: ValueKind
        /// Where the value is in ``JSONScanner/compact``.
        package let range: Range<Int>
    }

    let bytes: [UInt8]
    var position = 0
    /// The text without insignificant whitespace, once ``scan()`` is done.
    package private(set) var compact: [UInt8] = []
    /// The outermost object's members, in their order.
    package private(set) var members: [Member] = []
    /// The members of those that are objects, each with its parent's place in ``members``, if they were asked for.
    private var innerMembers: [(parent: Int, member: Member)] = []
    /// What has been copied: all before the last insignificant whitespace, but for such.
    private var copied: [UInt8] = []
    /// Where the rest begins that is still to be copied.
    private var uncopied = 0
    /// How deep members are noted.
    private let memberDepth: Int
    /// Whether `\ud800` may stand alone: the grammar allows it, and it is no character.
    let allowsLoneSurrogates: Bool

    /// - Parameters:
    ///   - bytes: the text.
    ///   - allowsLoneSurrogates: whether `\ud800` may stand by itself.
    ///   - notesInnerMembers: whether ``value(of:in:)`` will be asked for.
    package init(_ bytes: [UInt8], allowsLoneSurrogates: Bool = false, notesInnerMembers: Bool = false) {
        self.bytes = bytes
        self.allowsLoneSurrogates = allowsLoneSurrogates
        memberDepth = notesInnerMembers ? 2 : 1
        if notesInnerMembers {
            members.reserveCapacity(4)
            innerMembers.reserveCapacity(8)
        }
    }

    /// Reads the whole text.
    ///
    /// - Returns: what the outermost value is.
    package mutating func scan() throws(JSONSyntaxError) -> ValueKind {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw error(.byteOrderMark) }
        let kind = try scanValue(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw error(.trailingContent) }
        compact = uncopied == 0 ? bytes : copied + bytes[uncopied...]
        return kind
    }

    /// The compact text of the value that a key of the outermost object has; the last one if the key is there twice, as
    /// most readers have it. Once ``scan()`` is done.
    package func value(of key: String) -> ArraySlice<UInt8>? {
        members.last { $0.key.elementsEqual(key.utf8) }.map { compact[$0.range] }
    }

    /// The same for a key of an object that a key of the outermost one has.
    package func value(of key: String, in outer: String) -> ArraySlice<UInt8>? {
        guard let parent = members.lastIndex(where: { $0.key.elementsEqual(outer.utf8) }) else { return nil }
        let member = innerMembers.last { $0.parent == parent && $0.member.key.elementsEqual(key.utf8) }?.member
        return member.map { compact[$0.range] }
    }

    func error(_ problem: JSONSyntaxError.Problem) -> JSONSyntaxError {
        JSONSyntaxError(problem: position < bytes.count ? problem : .unexpectedEnd, offset: position)
    }

    /// The next byte; nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Where the position is in ``compact``.
    private var compactPosition: Int { copied.count + position - uncopied }

    /// Takes the next byte.
    mutating func take() { position += 1 }

    /// Takes so many bytes, which must be there.
    mutating func take(_ count: Int) { position += count }

    /// Goes back to an earlier position. Only where no whitespace has been skipped since.
    mutating func rewind(to earlier: Int) { position = earlier }

    /// Takes the next byte if it is the one given.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        take()
        return true
    }

    private mutating func skipWhitespace() {
        let start = position
        while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
        guard position > start else { return }
        copied.append(contentsOf: bytes[uncopied..<start])
        uncopied = position
    }

    private mutating func scanValue(depth: Int) throws(JSONSyntaxError) -> ValueKind {
        skipWhitespace()
        switch next {
        case UInt8(ascii: "{"): return try scanObject(depth: depth + 1)
        case UInt8(ascii: "["): return try scanArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(isEmpty: try scanString(decoding: false).isEmpty)
        case UInt8(ascii: "t"): return try scanLiteral("true")
        case UInt8(ascii: "f"): return try scanLiteral("false")
        case UInt8(ascii: "n"): return try scanLiteral("null")
        case UInt8(ascii: "-"): return try scanNumber()
        case let next? where next.isASCIIDigit: return try scanNumber()
        default: throw error(.expectedValue)
        }
    }

    private mutating func scanObject(depth: Int) throws(JSONSyntaxError) -> ValueKind {
        guard depth <= Self.maxDepth else { throw error(.nestedTooDeep) }
        take()
        skipWhitespace()
        if take("}") { return .object }
        repeat {
            skipWhitespace()
            guard next == UInt8(ascii: "\"") else { throw error(.expectedKey) }
            let key = try scanString(decoding: depth <= memberDepth)
            skipWhitespace()
            guard take(":") else { throw error(.expectedColon) }
            skipWhitespace()
            let start = compactPosition
            let value = try scanValue(depth: depth)
            if depth <= memberDepth {
                let member = Member(key: key.decoded, value: value, range: start..<compactPosition)
                if depth == 1 { members.append(member) } else { innerMembers.append((members.count, member)) }
            }
            skipWhitespace()
        } while take(",")
        guard take("}") else { throw error(.expectedCommaOrEnd) }
        return .object
    }

    private mutating func scanArray(depth: Int) throws(JSONSyntaxError) -> ValueKind {
        guard depth <= Self.maxDepth else { throw error(.nestedTooDeep) }
        take()
        skipWhitespace()
        if take("]") { return .array }
        repeat {
            _ = try scanValue(depth: depth)
            skipWhitespace()
        } while take(",")
        guard take("]") else { throw error(.expectedCommaOrEnd) }
        return .array
    }

    private mutating func scanLiteral(_ literal: StaticString) throws(JSONSyntaxError) -> ValueKind {
        let matches = literal.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard matches else { throw error(.expectedValue) }
        take(literal.utf8CodeUnitCount)
        return .literal
    }

    private mutating func scanNumber() throws(JSONSyntaxError) -> ValueKind {
        _ = take("-")
        if !take("0") { try scanDigits() }
        if take(".") { try scanDigits() }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            try scanDigits()
        }
        return .number
    }

    private mutating func scanDigits() throws(JSONSyntaxError) {
        let start = position
        while let next, next.isASCIIDigit { take() }
        guard position > start else { throw error(.malformedNumber) }
    }
}
