import CLinux
import Glibc

/// The three descriptors that every process expects to have.
enum StandardStreams {
    /// Opens those that whoever started us has left closed. Else the next socket would get such a number, and with it
    /// what is written to standard error.
    static func complete() {
        // The lowest free number is the one that is given out.
        for descriptor in STDIN_FILENO...STDERR_FILENO where clinux_is_open(descriptor) == 0 {
            _ = open("/dev/null", O_RDWR)
        }
    }
}
