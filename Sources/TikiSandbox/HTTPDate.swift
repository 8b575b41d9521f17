import Glibc
import Synchronization

/// The `Date` header (RFC 9110, section 5.6.7), by the sandbox's clock.
///
/// Caches the last text, since a load test asks for the same second thousands of times.
final class HTTPDate: Sendable {
    private let last = Mutex((second: Int64.min, text: ""))

    /// The header's value for a time in milliseconds since 1970.
    func text(milliseconds: Int64) -> String {
        let second = milliseconds / 1000
        return self.last.withLock { last in
            if last.second != second {
                last = (second, Self.format(second))
            }
            return last.text
        }
    }

    static func format(_ second: Int64) -> String {
        var time = time_t(second)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = "\(days[Int(parts.tm_wday)]), \(self.twoDigits(parts.tm_mday))"
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(self.twoDigits).joined(separator: ":")
        return "\(day) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year) \(clock) GMT"
    }

    private static func twoDigits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
