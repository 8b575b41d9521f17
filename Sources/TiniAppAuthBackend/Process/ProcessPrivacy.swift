import CLinux
import Glibc

/// Keeps memory and environment private to the process: they hold the client secret.
enum ProcessPrivacy {
    /// From now on no process of the same user can read them (`/proc/PID/environ`, `/proc/PID/mem`, ptrace(2)), and a
    /// crash leaves no core file. Neither call can fail.
    static func begin() {
        _ = clinux_forbid_dumping()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}
