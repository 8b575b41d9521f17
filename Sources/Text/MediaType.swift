/// Reads a `Content-Type` (RFC 9110 section 8.3), and a `Content-Encoding`.
package enum MediaType {
    /// Whether it is `application/json`, in any spelling, and in UTF-8 if it names a charset.
    package static func isJSON(_ contentType: String) -> Bool {
        // Most clients send exactly this, so it need not be parsed.
        contentType == "application/json" || isUTF8(contentType) { $0.elementsEqual("application/json".utf8) }
    }

    /// Whether it is `application/json` or a type based on JSON (`+json`, RFC 6839 section 3.1).
    package static func isWrittenInJSON(_ contentType: String) -> Bool {
        isJSON(contentType)
            || isUTF8(contentType) { $0.starts(with: "application/".utf8) && $0.suffix(5).elementsEqual("+json".utf8) }
    }

    /// Whether a `Content-Encoding` names no coding: a list whose elements may be empty (RFC 9110 sections 8.4 and 5.6.1), and of
    /// which `identity` is none.
    package static func isUnencoded(_ contentEncoding: String) -> Bool {
        parts(of: contentEncoding, between: UInt8(ascii: ",")).allSatisfy {
            $0.isEmpty || $0.elementsEqual("identity".utf8)
        }
    }

    private static func isUTF8(_ contentType: String, ofType isWanted: (ArraySlice<UInt8>) -> Bool) -> Bool {
        let parts = parts(of: contentType, between: UInt8(ascii: ";"))
        guard let type = parts.first, isWanted(type) else { return false }
        return parts.dropFirst().allSatisfy { parameter in
            let pair = parameter.split(separator: UInt8(ascii: "="), maxSplits: 1).map(\.trimmed)
            guard let name = pair.first, let value = pair.last, name.elementsEqual("charset".utf8) else { return true }
            return ["utf-8", "utf8", "\"utf-8\"", "\"utf8\""].contains { value.elementsEqual($0.utf8) }
        }
    }

    /// The parts of a field in lower case, without white space around them. As bytes: as characters they would take ten times
    /// the instructions.
    private static func parts(of field: String, between separator: UInt8) -> [ArraySlice<UInt8>] {
        let bytes = field.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return bytes.split(separator: separator, omittingEmptySubsequences: false).map(\.trimmed)
    }
}
