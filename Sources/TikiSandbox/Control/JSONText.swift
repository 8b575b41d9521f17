/// Writes JSON values as text, for answers whose keys must keep their order.
enum JSONText {
    /// A string with its quotes. Escapes what RFC 8259, section 7, says must be escaped, and nothing else.
    static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// An array of strings.
    static func array(_ strings: [String]) -> String {
        "[" + strings.map(self.quoted).joined(separator: ",") + "]"
    }
}
