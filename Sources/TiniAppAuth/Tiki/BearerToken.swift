import Text

/// The access token of an `Authorization` field (RFC 6750 section 2.1).
enum BearerToken {
    /// Bytes. Tiki's have some ninety.
    private static let longest = 4_096

    /// The scheme in capitals or not, one space or more, and a `b64token`, none of whose characters has to be escaped in JSON.
    ///
    /// - Returns: nil if the field has another scheme (RFC 9110 section 11.4).
    /// - Throws: ``AuthError/invalidAccessToken`` if the text after `Bearer` is not a token.
    static func read(_ authorization: String) throws(AuthError) -> String? {
        let scheme = authorization.prefix { $0 != " " }
        guard scheme.lowercased() == "bearer" else { return nil }
        let token = authorization[scheme.endIndex...].drop { $0 == " " }
        let text = token.utf8.prefix { $0 != UInt8(ascii: "=") }
        let padding = token.utf8[text.endIndex...]
        guard !text.isEmpty, token.utf8.count <= longest, text.allSatisfy(isTokenCharacter),
            padding.allSatisfy({ $0 == UInt8(ascii: "=") })
        else { throw .invalidAccessToken }
        return String(token)
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        byte.isASCIILetterOrDigit || "-._~+/".utf8.contains(byte)
    }
}
