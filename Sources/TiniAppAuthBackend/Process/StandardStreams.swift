import CLinux
import Glibc

/// The three descriptors that every process expects to have.
enum StandardStreams {
    /// Opens those that were closed when the process started. Otherwise the next socket would get such a number, and receive
    /// the output for standard error.
    static func complete() {
        // The lowest free number is the one that is given out.
        for descriptor in STDIN_FILENO...STDERR_FILENO where clinux_is_open(descriptor) == 0 {
            _ = open("/dev/null", O_RDWR)
        }
    }
}
