import Text

/// The id of a request in the logs and in its answer: the web server's, or a random one.
struct RequestID: Sendable, Equatable {
    let text: String

    /// - Parameter given: the web server's; replaced unless it is 1 to 64 letters, digits, dots, hyphens, underscores.
    init(_ given: String?) {
        if var given, (1...64).contains(given.utf8.count), given.withUTF8({ $0.allSatisfy(Self.isAllowed) }) {
            text = given
        } else {
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            text = String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: byte.isASCIILetterOrDigit
        }
    }
}
