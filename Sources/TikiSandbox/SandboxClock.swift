import FoundationEssentials

/// The sandbox's time, which `--clock-offset` shifts: for its check of timestamps, the life of its tokens, and the
/// `Date` header that it sends.
struct SandboxClock: Sendable {
    /// The time without the offset, in milliseconds since 1970. Tests put their own in its place.
    var systemTime: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    var offsetMilliseconds: Int64 = 0

    /// Milliseconds since 1970.
    var now: Int64 { self.systemTime() + self.offsetMilliseconds }
}
