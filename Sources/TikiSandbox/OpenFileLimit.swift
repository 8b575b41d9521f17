import Glibc

/// The number of connections that the process may hold.
enum OpenFileLimit {
    /// Raises the limit to what the system allows: the usual 1,024 is too low for a load test. Best effort.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
