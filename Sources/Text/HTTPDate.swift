import Glibc

/// Reads dates in HTTP (RFC 9110 section 5.6.7), in the one form that servers still send:
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    /// Where digits stand, and what must stand beside them; `_` is looked at later, or, in the day's name, not at all.
    private static let form = Array("___, 00 ___ 0000 00:00:00 GMT".utf8)
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }

    /// Seconds since 1970; nil if the text is no such date.
    package static func unixTime(_ text: String) -> Int64? {
        let text = Array(text.utf8)
        guard text.count == form.count, zip(text, form).allSatisfy(fits),
            let month = months.firstIndex(where: { $0.elementsEqual(text[8..<11]) })
        else { return nil }
        func number(_ range: Range<Int>) -> Int32 {
            text[range].reduce(0) { $0 * 10 + Int32($1 - UInt8(ascii: "0")) }
        }
        var parts = tm()
        (parts.tm_mday, parts.tm_mon, parts.tm_year) = (number(5..<7), Int32(month), number(12..<16) - 1_900)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (number(17..<19), number(20..<22), number(23..<25))
        guard (1...31).contains(parts.tm_mday), parts.tm_hour < 24, parts.tm_min < 60, parts.tm_sec <= 60 else {
            return nil
        }
        return Int64(timegm(&parts))
    }

    private static func fits(_ byte: UInt8, _ expected: UInt8) -> Bool {
        switch expected {
        case UInt8(ascii: "_"): true
        case UInt8(ascii: "0"): byte.isASCIIDigit
        default: byte == expected
        }
    }
}
