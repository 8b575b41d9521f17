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
        package let key: [UInt8]
        package let value: ValueKind
        /// Where the value is in ``JSONScanner/compact``.
        package let range: Range<Int>
    }

    let bytes: [UInt8]
    var position = 0
    /// The text without insignificant whitespace, as far as it has been read.
    package private(set) var compact: [UInt8] = []
    /// The outermost object's members, in their order.
    package private(set) var members: [Member] = []
    /// Whether `\ud800` may stand alone: the grammar allows it, and it is no character.
    let allowsLoneSurrogates: Bool

    /// - Parameters:
    ///   - bytes: the text.
    ///   - allowsLoneSurrogates: whether `\ud800` may stand by itself.
    package init(_ bytes: [UInt8], allowsLoneSurrogates: Bool = false) {
        self.bytes = bytes
        self.allowsLoneSurrogates = allowsLoneSurrogates
        compact.reserveCapacity(bytes.count)
    }

    /// Reads the whole text.
    ///
    /// - Returns: what the outermost value is.
    package mutating func scan() throws(JSONSyntaxError) -> ValueKind {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw error(.byteOrderMark) }
        let kind = try scanValue(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw error(.trailingContent) }
        return kind
    }

    /// The compact text of the value that a key of the outermost object has; the last one if the key is there twice, as
    /// most readers have it. Once ``scan()`` is done.
    package func value(of key: String) -> ArraySlice<UInt8>? {
        members.last { $0.key.elementsEqual(key.utf8) }.map { compact[$0.range] }
    }

    func error(_ problem: JSONSyntaxError.Problem) -> JSONSyntaxError {
        JSONSyntaxError(problem: position < bytes.count ? problem : .unexpectedEnd, offset: position)
    }

    /// The next byte; nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Copies the next byte.
    mutating func take() {
        compact.append(bytes[position])
        position += 1
    }

    /// Copies so many bytes, which must be there.
    mutating func take(_ count: Int) {
        compact.append(contentsOf: bytes[position..<position + count])
        position += count
    }

    /// Goes back to an earlier position. Only where every byte since has been copied.
    mutating func rewind(to earlier: Int) {
        compact.removeLast(position - earlier)
        position = earlier
    }

    /// Copies the next byte if it is the one given.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        take()
        return true
    }

    private mutating func skipWhitespace() {
        while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
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
            let key = try scanString(decoding: depth == 1)
            skipWhitespace()
            guard take(":") else { throw error(.expectedColon) }
            let start = compact.count
            let value = try scanValue(depth: depth)
            if depth == 1 { members.append(Member(key: key.decoded, value: value, range: start..<compact.count)) }
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
