import Glibc

/// When a log entry was made, to the millisecond.
enum LogTime {
    /// In UTC, as RFC 3339 section 5.6 writes it: `2026-11-24T08:15:30.042Z`.
    static func utc() -> String {
        let (seconds, milliseconds) = now()
        var time = seconds
        var parts = tm()
        gmtime_r(&time, &parts)
        return "\(parts.tm_year + 1_900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
            + "T\(clock(parts, milliseconds))Z"
    }

    /// The time of day here, as the clock beside the screen has it.
    static func timeOfDay() -> String {
        let (seconds, milliseconds) = now()
        var time = seconds
        var parts = tm()
        localtime_r(&time, &parts)
        return clock(parts, milliseconds)
    }

    private static func now() -> (seconds: time_t, milliseconds: Int32) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return (now.tv_sec, Int32(now.tv_nsec / 1_000_000))
    }

    private static func clock(_ parts: tm, _ milliseconds: Int32) -> String {
        "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
            + ".\(milliseconds < 100 ? "0" : "")\(padded(milliseconds))"
    }

    /// With at least two digits.
    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
