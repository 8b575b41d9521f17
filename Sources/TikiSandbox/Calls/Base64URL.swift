/// Base64 with the URL-safe alphabet and without padding (RFC 4648, section 5): the text that Tiki's signature covers.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The encoded form, as ASCII bytes.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity((bytes.count * 4 + 2) / 3)
        // The bits that do not fill a six-bit character yet.
        var pending: UInt32 = 0
        var pendingBits: UInt32 = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            pendingBits += 8
            while pendingBits >= 6 {
                pendingBits -= 6
                encoded.append(self.alphabet[Int(pending >> pendingBits & 0x3F)])
            }
            pending &= (1 << pendingBits) - 1
        }
        if pendingBits > 0 {
            encoded.append(self.alphabet[Int(pending << (6 - pendingBits) & 0x3F)])
        }
        return encoded
    }
}
