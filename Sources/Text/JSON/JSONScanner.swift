/// One strict pass over JSON text (RFC 8259): checks it, and copies it without insignificant whitespace.
///
/// Strict where parsers differ: no byte order mark, no comments, no trailing comma, no `NaN`. Numbers and escapes are
/// copied as they are; only keys of the outermost object, and of one object in it if asked for, are decoded. Depth is
/// bounded, and so is recursion.
package struct JSONScanner {
    /// How deep arrays and objects may be nested. RFC 8259 section 9 leaves the limit to the implementation.
    static let maxDepth = 64

    /// The type of a value.
    package enum ValueKind: Equatable, Sendable {
        case object
        case array
        case string(isEmpty: Bool)
        case number
        case literal
    }

    /// A member of an object.
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
    /// The outermost object's members, in order.
    package private(set) var members: [Member] = []
    /// The members of ``inner``'s value if it is an object; of the last one if the key is there twice, as in most parsers.
    private var innerMembers: [Member] = []
    /// The key of one of ``members``.
    private let inner: String?
    /// Whether the scan is within the value of ``inner``.
    private var isInInner = false
    /// The text copied so far: all before the last insignificant whitespace, with none in it.
    private var copied: [UInt8] = []
    /// Where the rest begins that has not been copied yet.
    private var uncopied = 0
    /// Whether a lone surrogate such as `\ud800` is accepted: the grammar allows it, but it is not a character.
    let allowsLoneSurrogates: Bool

    /// - Parameters:
    ///   - bytes: the text.
    ///   - allowsLoneSurrogates: whether a lone surrogate such as `\ud800` is accepted.
    ///   - inner: the key in the outermost object in whose value ``innerValue(of:)`` will look.
    package init(_ bytes: [UInt8], allowsLoneSurrogates: Bool = false, inner: String? = nil) {
        self.bytes = bytes
        self.allowsLoneSurrogates = allowsLoneSurrogates
        self.inner = inner
    }

    /// Reads the whole text.
    ///
    /// - Returns: the type of the outermost value.
    package mutating func scan() throws(JSONSyntaxError) -> ValueKind {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw error(.byteOrderMark) }
        let kind = try scanValue(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw error(.trailingContent) }
        compact = uncopied == 0 ? bytes : copied + bytes[uncopied...]
        return kind
    }

    /// The compact text of the value of a key in the inner object, after ``scan()``. If the key is there twice, the last
    /// value.
    package func innerValue(of key: String) -> ArraySlice<UInt8>? {
        innerMembers.last { $0.key.isNamed(key) }.map { compact[$0.range] }
    }

    func error(_ problem: JSONSyntaxError.Problem) -> JSONSyntaxError {
        JSONSyntaxError(problem: position < bytes.count ? problem : .unexpectedEnd, offset: position)
    }

    /// The next byte; nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The position's counterpart in ``compact``.
    private var compactPosition: Int { copied.count + position - uncopied }

    mutating func take() { position += 1 }

    /// Takes this many bytes, which must be there.
    mutating func take(_ count: Int) { position += count }

    /// Goes back to an earlier position. Only if no whitespace has been skipped since.
    mutating func rewind(to earlier: Int) { position = earlier }

    /// Takes the next byte if it is this character.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        take()
        return true
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        // JSON from programs rarely has any.
        if let next, next <= 0x20 { skipSomeWhitespace() }
    }

    private mutating func skipSomeWhitespace() {
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
            let isRecorded = depth == 1 || depth == 2 && isInInner
            let key = try scanString(decoding: isRecorded)
            skipWhitespace()
            guard take(":") else { throw error(.expectedColon) }
            skipWhitespace()
            if depth == 1, let inner {
                isInInner = key.decoded.isNamed(inner)
                if isInInner { innerMembers = [] }
            }
            let start = compactPosition
            let value = try scanValue(depth: depth)
            if isRecorded {
                let member = Member(key: key.decoded, value: value, range: start..<compactPosition)
                if depth == 1 { members.append(member) } else { innerMembers.append(member) }
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

extension ArraySlice<UInt8> {
    /// Whether the bytes of a key are this name.
    func isNamed(_ name: String) -> Bool {
        // The length nearly always tells keys apart.
        guard count == name.utf8.count else { return false }
        var name = name
        return name.withUTF8 { elementsEqual($0) }
    }
}
