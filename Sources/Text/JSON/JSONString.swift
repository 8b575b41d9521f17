/// Writes strings as JSON (RFC 8259 section 7).
package enum JSONString {
    /// Appends the string in quotation marks, escaping only what must be escaped.
    package static func append(_ string: String, to json: inout [UInt8]) {
        var string = string
        json.append(UInt8(ascii: "\""))
        string.withUTF8 { text in
            if JSONScanner.endOfPlainText(UnsafeRawBufferPointer(text), from: 0) == text.count {
                json.append(contentsOf: text)
            } else {
                for byte in text { appendEscaped(byte, to: &json) }
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func appendEscaped(_ byte: UInt8, to json: inout [UInt8]) {
        guard mustBeEscaped(byte) else { return json.append(byte) }
        if byte < 0x20 {
            json.append(contentsOf: "\\u00".utf8)
            Hexadecimal.append(byte, to: &json)
        } else {
            json.append(UInt8(ascii: "\\"))
            json.append(byte)
        }
    }
}
