import FoundationEssentials

/// The settings that the sandbox starts with.
struct SandboxSettings: Sendable {
    /// The key and secret of the examples on Tiki's page "Calculate signature". They give no access to Tiki.
    static let documentedKey = "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W"
    static let documentedSecret = "EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf"

    var clientKey = Self.documentedKey
    var clientSecret = Self.documentedSecret
    var codeLifetimeSeconds = 600
    var tokenLifetimeSeconds = 3600
    /// Added before every answer of the three calls, for load tests.
    var delayMilliseconds = 0
    var clock = SandboxClock()
}

/// The sandbox's time, shifted by `--clock-offset`: used to check timestamps, for the lifetime of codes and tokens, and
/// for the `Date` header.
struct SandboxClock: Sendable {
    /// The time without the offset, in milliseconds since 1970. Tests replace it.
    var systemTime: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    var offsetMilliseconds: Int64 = 0

    /// Milliseconds since 1970.
    var now: Int64 { self.systemTime() + self.offsetMilliseconds }
}
