import Glibc

/// Follows the lengths of name-value pairs (FastCGI specification, section 3.4). Of names and values it wants only that they
/// have no NUL.
///
/// libfcgi trusts these lengths: two that are huge fail an assertion in it and end the process, and one that reaches
/// beyond the stream leaves it waiting. It hands out names and values as C strings, so a NUL in one would hide the rest:
/// the web server's rules would see `/metrics\0x`, and we `/metrics`.
struct ParamsFraming {
    private enum Expecting {
        case nameLength
        case valueLength
        case content
    }

    private var expecting = Expecting.nameLength
    private var lengthBytesLeft = 0
    private var length: UInt32 = 0
    private var contentLeft = 0
    private let maxBytes: Int

    /// Pairs whose two lengths have been read.
    private(set) var pairs = 0

    /// - Parameter maxBytes: no single name or value can be longer than the whole stream may be.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// Whether the stream may end here.
    var isAtPairBoundary: Bool { expecting == .nameLength && lengthBytesLeft == 0 }

    /// Takes the next bytes of the stream.
    ///
    /// - Returns: false if a length is over the limit, or a name or value has a NUL; nothing may be consumed after that.
    mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position < bytes.count {
            if expecting == .content {
                let count = min(contentLeft, bytes.count - position)
                if let start = bytes.baseAddress, memchr(start + position, 0, count) != nil { return false }
                position += count
                contentLeft -= count
                if contentLeft == 0 { expecting = .nameLength }
            } else {
                guard consumeLengthByte(bytes[position]) else { return false }
                position += 1
            }
        }
        return true
    }

    /// A length is one byte below 128, or four bytes of which the first has its high bit set.
    private mutating func consumeLengthByte(_ byte: UInt8) -> Bool {
        if lengthBytesLeft > 0 {
            length = length << 8 | UInt32(byte)
            lengthBytesLeft -= 1
        } else if byte & 0x80 != 0 {
            length = UInt32(byte & 0x7F)
            lengthBytesLeft = 3
        } else {
            length = UInt32(byte)
        }
        return lengthBytesLeft > 0 || finishLength()
    }

    private mutating func finishLength() -> Bool {
        guard length <= UInt32(maxBytes) else { return false }
        contentLeft += Int(length)
        if expecting == .nameLength {
            expecting = .valueLength
        } else {
            pairs += 1
            expecting = contentLeft == 0 ? .nameLength : .content
        }
        return true
    }
}
