import Text

/// The response to the web server for one request.
package struct FastCGIResponse: Sendable {
    /// Bytes of head and body that a unix socket takes at once: a send buffer has 208 KiB by default, and the kernel's
    /// own overhead counts, too. A longer answer is written as the web server reads it.
    package static let maxBytes = 98_304

    /// The HTTP status code.
    package var status: Int
    /// The phrase that goes with it; may be empty.
    package var reasonPhrase: String
    /// Header fields in the order in which they are written.
    package var headers: [(name: String, value: String)]
    /// The content.
    package var body: [UInt8]

    package init(
        status: Int,
        reasonPhrase: String = "",
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.reasonPhrase = reasonPhrase
        self.headers = headers
        self.body = body
    }

    /// The CGI response document (RFC 3875 section 6): a `Status` field instead of HTTP's status line, the header
    /// fields, an empty line, the body.
    package var document: [UInt8] {
        var document = [UInt8]()
        document.reserveCapacity(512 + body.count)
        document.append("Status: ")
        document.append(decimal: status)
        document.append(UInt8(ascii: " "))
        Self.append(value: reasonPhrase, to: &document)
        for (name, value) in headers {
            Self.append(name, to: &document) { $0 > 0x20 && $0 != 0x7F }
            document.append(": ")
            Self.append(value: value, to: &document)
        }
        document.append("\r\n")
        document.append(contentsOf: body)
        return document
    }

    /// A line break within a field would start another one (response splitting), so none gets through.
    private static func append(value: String, to document: inout [UInt8]) {
        append(value, to: &document) { $0 >= 0x20 && $0 != 0x7F }
        document.append("\r\n")
    }

    private static func append(_ text: String, to document: inout [UInt8], where isFit: (UInt8) -> Bool) {
        var text = text
        text.withUTF8 { bytes in
            if bytes.allSatisfy(isFit) {
                document.append(contentsOf: bytes)
            } else {
                for byte in bytes where isFit(byte) { document.append(byte) }
            }
        }
    }
}
