import Glibc
import TestSupport

/// The test process holds one end of every connection.
enum DescriptorLimit {
    static func raise(to wanted: UInt) throws {
        var limit = rlimit()
        let name = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        _ = try Sockets.check("getrlimit", Int(getrlimit(name, &limit)))
        guard limit.rlim_max >= wanted else {
            throw TestSupportError("this proof needs \(wanted) open files, and the limit is \(limit.rlim_max)")
        }
        limit.rlim_cur = max(limit.rlim_cur, wanted)
        _ = try Sockets.check("setrlimit", Int(setrlimit(name, &limit)))
    }
}
