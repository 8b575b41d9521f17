/// Reads a `Content-Type` (RFC 9110 section 8.3), and a `Content-Encoding`.
package enum MediaType {
    /// Whether it is `application/json`, in any spelling, and in UTF-8 if it names a charset.
    package static func isJSON(_ contentType: String) -> Bool {
        // Most clients send exactly this, so it need not be parsed.
        contentType == "application/json" || isUTF8(contentType) { $0 == "application/json" }
    }

    /// Whether it is `application/json` or a type based on JSON (`+json`, RFC 6839 section 3.1).
    package static func isWrittenInJSON(_ contentType: String) -> Bool {
        isJSON(contentType) || isUTF8(contentType) { $0.hasPrefix("application/") && $0.hasSuffix("+json") }
    }

    /// Whether a `Content-Encoding` names no coding: a list whose elements may be empty (RFC 9110 sections 8.4 and 5.6.1), and of
    /// which `identity` is none.
    package static func isUnencoded(_ contentEncoding: String) -> Bool {
        let codings = contentEncoding.lowercased().split(separator: ",").map(trimmed)
        return codings.allSatisfy { $0.isEmpty || $0 == "identity" }
    }

    private static func isUTF8(_ contentType: String, ofType isWanted: (Substring) -> Bool) -> Bool {
        let parts = contentType.lowercased().split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard let type = parts.first, isWanted(type) else { return false }
        return parts.dropFirst().allSatisfy { parameter in
            let pair = parameter.split(separator: "=", maxSplits: 1).map(trimmed)
            return pair.first != "charset" || ["utf-8", "utf8", "\"utf-8\"", "\"utf8\""].contains(pair.last)
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
