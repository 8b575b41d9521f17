import Glibc

/// When a log entry was made, to the millisecond.
struct LogTime {
    private let seconds: time_t
    private let milliseconds: Int

    /// Now.
    init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        seconds = now.tv_sec
        milliseconds = now.tv_nsec / 1_000_000
    }

    /// Appends it in UTC, as RFC 3339 section 5.6 writes it: `2026-11-24T08:15:30.042Z`.
    func appendUTC(to line: inout [UInt8]) {
        var time = seconds
        var parts = tm()
        gmtime_r(&time, &parts)
        let year = Int(parts.tm_year) + 1_900
        Self.append(year / 100, to: &line)
        Self.append(year, to: &line)
        line.append(UInt8(ascii: "-"))
        Self.append(Int(parts.tm_mon) + 1, to: &line)
        line.append(UInt8(ascii: "-"))
        Self.append(Int(parts.tm_mday), to: &line)
        line.append(UInt8(ascii: "T"))
        appendClock(parts, to: &line)
        line.append(UInt8(ascii: "Z"))
    }

    /// The local time of day, for a person at a terminal.
    var timeOfDay: String {
        var time = seconds
        var parts = tm()
        localtime_r(&time, &parts)
        var text: [UInt8] = []
        appendClock(parts, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func appendClock(_ parts: tm, to line: inout [UInt8]) {
        Self.append(Int(parts.tm_hour), to: &line)
        line.append(UInt8(ascii: ":"))
        Self.append(Int(parts.tm_min), to: &line)
        line.append(UInt8(ascii: ":"))
        Self.append(Int(parts.tm_sec), to: &line)
        line.append(UInt8(ascii: "."))
        line.append(UInt8(ascii: "0") + UInt8(milliseconds / 100))
        Self.append(milliseconds % 100, to: &line)
    }

    /// The last two digits.
    private static func append(_ number: Int, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "0") + UInt8(number / 10 % 10))
        line.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
