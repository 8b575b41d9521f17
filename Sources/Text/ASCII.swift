import Glibc

// Inlinable, since other modules use them on each byte of a text.
extension UInt8 {
    @inlinable package var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    @inlinable package var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: isASCIIDigit
        }
    }

    fileprivate var isCapital: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }

    /// Whether it is a space or a tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }

    @inlinable package var isASCIIHexDigit: Bool { hexDigitValue != nil }

    /// A hexadecimal digit's value; nil for anything else.
    @inlinable package var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension [UInt8] {
    /// Appends a text that is known when this is compiled: one copy of its bytes, which a string's UTF-8 view is not.
    @inlinable package mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number in decimal digits, without making a string of it.
    package mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var digits: [20 of UInt8] = .init(repeating: 0)
        var first = digits.count
        var rest = number.magnitude
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in first..<digits.count { append(digits[index]) }
    }
}

extension BidirectionalCollection<UInt8> {
    /// Without spaces and tabs at its ends (RFC 9110 section 5.6.3).
    var trimmed: SubSequence {
        let rest = drop(while: \.isBlank)
        guard let last = rest.lastIndex(where: { !$0.isBlank }) else { return rest }
        return rest[...last]
    }
}

extension Collection<UInt8> {
    /// Whether the bytes are a word, ignoring case.
    ///
    /// - Parameter word: in lower case.
    func isEqual(_ word: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        return elementsEqual(letters) { ($0.isCapital ? $0 | 0x20 : $0) == $1 }
    }

    /// Whether the bytes are the beginning of a text, or begin with it.
    func begins(like text: StaticString) -> Bool {
        zip(self, UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)).allSatisfy(==)
    }
}

extension UnsafeRawBufferPointer {
    /// Where the byte is for the first time. Several times as fast as the standard library's search.
    func index(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count, let first = baseAddress,
            let place = memchr(first + start, CInt(byte), count - start)
        else { return nil }
        return UnsafeRawPointer(place) - first
    }
}
