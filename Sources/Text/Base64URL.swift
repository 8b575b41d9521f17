/// base64url without padding (RFC 4648 section 5).
package enum Base64URL {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// The encoded form, as ASCII bytes.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = alphabet.utf8Start
        return [UInt8](unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { text, count in
            /// Writes the uppermost digits of 24 bits.
            func write(_ bits: UInt32, digits: Int) {
                for digit in 0..<digits { text[count + digit] = alphabet[Int(bits >> UInt32(18 - 6 * digit) & 0x3F)] }
                count += digits
            }
            let rest = bytes.count % 3
            let end = bytes.count - rest
            for index in stride(from: 0, to: end, by: 3) {
                write(UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]), digits: 4)
            }
            switch rest {
            case 1: write(UInt32(bytes[end]) << 16, digits: 2)
            case 2: write(UInt32(bytes[end]) << 16 | UInt32(bytes[end + 1]) << 8, digits: 3)
            default: break
            }
        }
    }
}
