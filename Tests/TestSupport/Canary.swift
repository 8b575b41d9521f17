import Foundation

/// A unique text, and its encoded forms.
package struct Canary: Sendable {
    /// Letters and digits. A token that contains it is found by any part of it.
    package let text: String
    private let looks: [(name: String, bytes: Data)]

    package init() {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        self.init(text: String((0..<24).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] }))
    }

    private init(text: String) {
        self.text = text
        let bytes = Data(text.utf8)
        var looks: [(String, Data)] = []
        // A log may cut a token short; even eight characters of it are too many.
        for start in 0...(bytes.count - 8) { looks.append(("as it is", bytes.dropFirst(start).prefix(8))) }
        for offset in 0..<3 {
            // Its position shifts it by up to two of three bytes. Drops characters that mix with neighbours' bits.
            let shifted = Data(count: offset) + bytes
            let encoded = shifted.base64EncodedString().dropFirst(offset == 0 ? 0 : offset + 1).dropLast(4)
            looks.append(("base64", Data(encoded.utf8)))
            let forURLs = encoded.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            looks.append(("base64url", Data(forURLs.utf8)))
        }
        for format in ["%02x", "%02X", "%%%02x", "%%%02X", "\\x%02x", "\\x%02X", "\\u%04x", "\\u%04X"] {
            looks.append((format, Data(bytes.map { String(format: format, $0) }.joined().utf8)))
        }
        self.looks = looks
    }

    /// The forms in which it occurs in these bytes; empty if it does not.
    package func traces(in bytes: Data) -> Set<String> {
        Set(looks.filter { bytes.range(of: $0.bytes) != nil }.map(\.name))
    }

    /// All its forms, complete, with something around them.
    package var disguises: [Data] {
        let whole = looks.filter { $0.name != "as it is" }.map(\.bytes) + [Data(text.utf8)]
        return whole.map { Data("a log's line ".utf8) + $0 + Data(" goes on\n".utf8) }
    }
}
