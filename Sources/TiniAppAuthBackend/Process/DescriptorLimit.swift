import Glibc

/// How many descriptors the process may have open.
enum DescriptorLimit {
    /// Descriptors that are not for requests: standard streams, listener, polls, libraries, and some to spare.
    static let reserve = 32

    /// Raises the soft limit to the hard one: the soft default (1,024) is there for programs that use select(2).
    ///
    /// - Returns: the limit now; nil if it cannot be read.
    static func raise() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let raised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: raised ? limit.rlim_max : soft)
    }
}
