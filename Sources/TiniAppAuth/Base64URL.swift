/// base64url without padding (RFC 4648 section 5).
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { text, count in
            var index = 0
            while index < bytes.count {
                let group = bytes[index..<min(index + 3, bytes.count)]
                var bits: UInt32 = 0
                for byte in group { bits = bits << 8 | UInt32(byte) }
                bits <<= UInt32(8 * (3 - group.count))
                for digit in 0...group.count {
                    text[count] = alphabet[Int(bits >> UInt32(18 - 6 * digit) & 0x3F)]
                    count += 1
                }
                index += 3
            }
        }
    }
}
