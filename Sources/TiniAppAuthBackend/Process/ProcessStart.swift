import CLinux
import Glibc

/// What the process does first of all.
enum ProcessStart {
    /// From now on no process of the same user can read memory and environment, which hold the client secret
    /// (`/proc/PID/environ`, `/proc/PID/mem`, ptrace(2)), and a crash leaves no core file. Neither call can
    /// fail.
    static func keepPrivate() {
        _ = clinux_forbid_dumping()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Opens standard input, output and error if they were closed. Otherwise the next socket would get such a number, and
    /// receive the output for standard error.
    static func completeStandardStreams() {
        // The lowest free number is the one that is given out.
        for descriptor in STDIN_FILENO...STDERR_FILENO where clinux_is_open(descriptor) == 0 {
            _ = open("/dev/null", O_RDWR)
        }
    }
}
