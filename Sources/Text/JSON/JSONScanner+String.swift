/// A string in JSON text.
struct ScannedString {
    /// Whether the string is empty.
    var isEmpty = true
    /// The content with its escapes resolved, in UTF-8; empty if decoding was not asked for.
    var decoded: ArraySlice<UInt8> = []
}

extension JSONScanner {
    /// The content of a string, its escapes resolved, in UTF-8.
    ///
    /// - Parameter text: a JSON string that was scanned before, with its quotation marks; anything else gives nothing.
    package static func decodedString(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.count >= 2, text.first == UInt8(ascii: "\"") else { return [] }
        let hasEscape = text.withUnsafeBytes { $0.index(of: UInt8(ascii: "\\")) != nil }
        guard hasEscape else { return Array(text[text.startIndex + 1..<text.endIndex - 1]) }
        var scanner = JSONScanner(Array(text), allowsLoneSurrogates: true)
        return (try? scanner.scanString(decoding: true)).map { Array($0.decoded) } ?? []
    }

    /// Reads a string (RFC 8259 section 7) from its opening quotation mark.
    ///
    /// - Parameter decoding: whether to resolve the escapes; ``compact`` keeps them either way.
    mutating func scanString(decoding: Bool) throws(JSONSyntaxError) -> ScannedString {
        var string = ScannedString()
        take()
        while true {
            let start = position
            let end = bytes.withUnsafeBytes { Self.endOfPlainText($0, from: start) }
            take(end - start)
            if decoding, end > start {
                // There is nearly always no escape, and nothing needs to be copied.
                if string.isEmpty { string.decoded = bytes[start..<end] } else { string.decoded += bytes[start..<end] }
            }
            if end > start { string.isEmpty = false }
            if take("\"") { return string }
            guard let next else { throw error(.unexpectedEnd) }
            string.isEmpty = false
            switch next {
            case UInt8(ascii: "\\"):
                let scalar = try scanEscape()
                if decoding { string.decoded.append(contentsOf: Self.utf8(of: scalar)) }
            case 0..<0x20:
                throw error(.controlCharacter)
            default:
                let length = try utf8SequenceLength()
                if decoding { string.decoded.append(contentsOf: bytes[position..<position + length]) }
                take(length)
            }
        }
    }

    /// Where the first byte is that is not a whole character, or needs an escape.
    static func endOfPlainText(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end + 8 <= bytes.count, arePlain(bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self)) { end += 8 }
        while end < bytes.count, isPlain(bytes[end]) { end += 1 }
        return end
    }

    /// The same for eight bytes at once. If none has its highest bit, a subtraction sets that bit of the lowest byte that is
    /// less than what is subtracted: less than 0x20, or, for the two characters, a difference to them that is less than 1.
    private static func arePlain(_ bytes: UInt64) -> Bool {
        func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
        let quotes = bytes ^ each(0x22)
        let backslashes = bytes ^ each(0x5C)
        let notPlain =
            bytes | (bytes &- each(0x20)) | (quotes &- each(1)) | (backslashes &- each(1))
        return notPlain & each(0x80) == 0
    }

    /// Whether a byte is a whole character that needs no escape.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x80).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Reads an escape, or two that form a surrogate pair.
    ///
    /// - Returns: the code point; a lone surrogate if that is allowed.
    private mutating func scanEscape() throws(JSONSyntaxError) -> UInt32 {
        let start = position
        take()
        guard let next else { throw error(.unexpectedEnd) }
        guard next == UInt8(ascii: "u") else {
            guard let scalar = Self.shortEscapes[next] else { throw error(.malformedEscape) }
            take()
            return UInt32(scalar)
        }
        let unit = try scanHexEscape()
        guard (0xD800...0xDFFF).contains(unit) else { return unit }
        let afterFirst = position
        if unit < 0xDC00, take("\\"), self.next == UInt8(ascii: "u") {
            let low = try scanHexEscape()
            if (0xDC00...0xDFFF).contains(low) { return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00) }
        }
        // No second half follows. The next bytes are read separately.
        rewind(to: afterFirst)
        guard allowsLoneSurrogates else { throw JSONSyntaxError(problem: .loneSurrogate, offset: start) }
        return unit
    }

    /// Reads `u` and four hexadecimal digits.
    private mutating func scanHexEscape() throws(JSONSyntaxError) -> UInt32 {
        take()
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let next, let digit = next.hexDigitValue else { throw error(.malformedEscape) }
            unit = unit << 4 | UInt32(digit)
            take()
        }
        return unit
    }

    private static let shortEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    /// A code point in UTF-8. A lone surrogate is encoded in three bytes like others: only equality matters here.
    private static func utf8(of scalar: UInt32) -> [UInt8] {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3F) }
        return switch scalar {
        case 0..<0x80: [UInt8(scalar)]
        case 0x80..<0x800: [UInt8(0xC0 | scalar >> 6), tail(0)]
        case 0x800..<0x10000: [UInt8(0xE0 | scalar >> 12), tail(6), tail(0)]
        default: [UInt8(0xF0 | scalar >> 18), tail(12), tail(6), tail(0)]
        }
    }

    /// The length of the multi-byte character at the position. Accepts the well-formed sequences of Unicode 3.9 (table
    /// 3-7), so no overlong form, no surrogate, nothing above U+10FFFF.
    private func utf8SequenceLength() throws(JSONSyntaxError) -> Int {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[position] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw error(.invalidUTF8)
        }
        let tail = bytes[position...].prefix(length).dropFirst()
        guard tail.count == length - 1, second.contains(tail[position + 1]),
            tail.dropFirst().allSatisfy({ (0x80...0xBF).contains($0) })
        else { throw error(.invalidUTF8) }
        return length
    }
}
