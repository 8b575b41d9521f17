import Glibc

/// Parses HTTP dates (RFC 9110 section 5.6.7) in the one form that servers still send: `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    /// `0` is any digit; `_` is any byte: the month is checked later, the day's name is not. Others must be equal.
    private static let form: StaticString = "___, 00 ___ 0000 00:00:00 GMT"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// Seconds since 1970; nil if the text is not such a date.
    package static func unixTime(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { unixTime($0) }
    }

    private static func unixTime(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard form.withUTF8Buffer({ fits(text, $0) }), let month = months.withUTF8Buffer({ month(text, $0) }) else {
            return nil
        }
        func number(_ range: Range<Int>) -> CInt {
            var number: CInt = 0
            for index in range { number = number * 10 + CInt(text[index] - UInt8(ascii: "0")) }
            return number
        }
        var parts = tm()
        (parts.tm_mday, parts.tm_mon, parts.tm_year) = (number(5..<7), month, number(12..<16) - 1_900)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (number(17..<19), number(20..<22), number(23..<25))
        guard (1...31).contains(parts.tm_mday), parts.tm_hour < 24, parts.tm_min < 60, parts.tm_sec <= 60 else {
            return nil
        }
        return Int64(timegm(&parts))
    }

    private static func fits(_ text: UnsafeBufferPointer<UInt8>, _ form: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == form.count else { return false }
        for index in form.indices {
            switch form[index] {
            case UInt8(ascii: "_"): continue
            case UInt8(ascii: "0"): guard text[index].isASCIIDigit else { return false }
            default: guard text[index] == form[index] else { return false }
            }
        }
        return true
    }

    /// The month's number, from 0, by the three letters of its name.
    private static func month(_ text: UnsafeBufferPointer<UInt8>, _ names: UnsafeBufferPointer<UInt8>) -> CInt? {
        for month in 0..<12 where (0..<3).allSatisfy({ text[8 + $0] == names[3 * month + $0] }) { return CInt(month) }
        return nil
    }
}
