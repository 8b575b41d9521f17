/// Writes JSON values as text, for answers whose key order matters.
enum JSONText {
    /// A string in quotes. Escapes only what RFC 8259, section 7, requires.
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
