import Text

/// The access token of an `Authorization` field (RFC 6750 section 2.1).
enum BearerToken {
    /// Bytes. Tiki's have some ninety.
    private static let longest = 4_096

    /// - Returns: nil if the field has another scheme.
    /// - Throws: ``AuthError/invalidAccessToken`` if the text after `Bearer` is not a token.
    static func read(_ authorization: String) throws(AuthError) -> String? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        // RFC 9110 section 11.1: the scheme's name is the same in capitals.
        guard let scheme = parts.first, scheme.lowercased() == "bearer" else { return nil }
        guard parts.count == 2, parts[1].utf8.count <= longest, parts[1].utf8.allSatisfy(isTokenCharacter) else {
            throw .invalidAccessToken
        }
        return String(parts[1])
    }

    /// RFC 6750 section 2.1, `b64token`: none of them has to be escaped in JSON.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        byte.isASCIILetterOrDigit || "-._~+/=".utf8.contains(byte)
    }
}
