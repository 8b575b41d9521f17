import Glibc

/// How many descriptors the process may have open.
package struct DescriptorLimit {
    /// Descriptors that are not for requests: standard streams, listener, polls, libraries, and some to spare.
    private static let reserve = 32

    package let count: Int

    /// The descriptors left for connections: one each for those that wait to become complete, two for a request in flight,
    /// whose handler may open another one.
    package var forConnections: Int { max(2, count - Self.reserve) }

    /// The limit now; nil if it cannot be read.
    static var current: DescriptorLimit? { limits.map { DescriptorLimit(count: Int(clamping: $0.rlim_cur)) } }

    /// Raises the soft limit to the hard one: the soft default (1,024) is there for programs that use select(2).
    ///
    /// - Returns: the limit now; nil if it cannot be read.
    package static func raise() -> DescriptorLimit? {
        guard var limits else { return nil }
        limits.rlim_cur = limits.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return current
    }

    private static var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 ? limits : nil
    }
}
