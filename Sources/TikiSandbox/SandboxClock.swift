import FoundationEssentials

/// The sandbox's time, shifted by `--clock-offset`: used to check timestamps, for the lifetime of codes and tokens, and
/// for the `Date` header.
struct SandboxClock: Sendable {
    /// The time without the offset, in milliseconds since 1970. Tests replace it.
    var systemTime: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    var offsetMilliseconds: Int64 = 0

    /// Milliseconds since 1970.
    var now: Int64 { self.systemTime() + self.offsetMilliseconds }
}
