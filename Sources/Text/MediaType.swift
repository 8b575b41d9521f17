/// Reads a `Content-Type` (RFC 9110 section 8.3), and a `Content-Encoding`.
package enum MediaType {
    /// Whether it is `application/json`, in any spelling, and in UTF-8 if it names a charset.
    package static func isJSON(_ contentType: String) -> Bool {
        // Most clients send exactly this, so it need not be parsed.
        contentType == "application/json" || isUTF8(contentType) { $0.isEqual("application/json") }
    }

    /// Whether it is `application/json` or a type based on JSON (`+json`, RFC 6839 section 3.1).
    package static func isWrittenInJSON(_ contentType: String) -> Bool {
        isJSON(contentType)
            || isUTF8(contentType) { $0.prefix(12).isEqual("application/") && $0.suffix(5).isEqual("+json") }
    }

    /// Whether a `Content-Encoding` names no coding: a list whose elements may be empty (RFC 9110 sections 8.4 and 5.6.1), and of
    /// which `identity` is none.
    package static func isUnencoded(_ contentEncoding: String) -> Bool {
        var rest = Array(contentEncoding.utf8)[...]
        while !rest.isEmpty {
            let coding = takePart(of: &rest, before: UInt8(ascii: ","))
            guard coding.isEmpty || coding.isEqual("identity") else { return false }
        }
        return true
    }

    private static func isUTF8(_ contentType: String, ofType isWanted: (ArraySlice<UInt8>) -> Bool) -> Bool {
        var rest = Array(contentType.utf8)[...]
        guard isWanted(takePart(of: &rest, before: UInt8(ascii: ";"))) else { return false }
        while !rest.isEmpty {
            var value = takePart(of: &rest, before: UInt8(ascii: ";"))
            guard takePart(of: &value, before: UInt8(ascii: "=")).isEqual("charset") else { continue }
            value = value.trimmed
            if value.first == UInt8(ascii: "\""), value.last == value.first { value = value.dropFirst().dropLast() }
            guard value.isEqual("utf-8") || value.isEqual("utf8") else { return false }
        }
        return true
    }

    /// Takes the part before the next separator off the front.
    ///
    /// - Returns: the part without white space around it.
    private static func takePart(of rest: inout ArraySlice<UInt8>, before separator: UInt8) -> ArraySlice<UInt8> {
        let part = rest.prefix { $0 != separator }
        rest = rest.dropFirst(part.count + 1)
        return part.trimmed
    }
}
