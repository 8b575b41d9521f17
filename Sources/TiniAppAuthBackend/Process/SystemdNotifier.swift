import Glibc

/// Reports the process's state to the service manager that started it: one datagram each to the unix socket that
/// `NOTIFY_SOCKET` names. Does nothing without that variable.
///
/// Source: systemd's sd_notify(3), whose protocol is stable; its library is not needed for it.
struct SystemdNotifier: Sendable {
    /// The states that it reports.
    enum State {
        /// Requests are answered from now on.
        case ready
        /// The configuration is being read again; ``ready`` follows.
        case reloading
        /// The shutdown has begun.
        case stopping
        /// Alive; due before the watchdog's interval ends.
        case alive
        /// A sentence for `systemctl status`.
        case status(String)

        fileprivate var text: String {
            switch self {
            case .ready: "READY=1\nSTATUS=Answering requests"
            // The time lets newer managers tell this reload from an earlier one's late message.
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(SystemdNotifier.monotonicMicroseconds())"
            case .stopping: "STOPPING=1\nSTATUS=Finishing what is in flight"
            case .alive: "WATCHDOG=1"
            case .status(let sentence): "STATUS=\(sentence.split(whereSeparator: \.isNewline).joined(separator: " "))"
            }
        }
    }

    private let path: String?

    init(environment: Environment) {
        path = environment["NOTIFY_SOCKET"]
    }

    /// A message that cannot be delivered is dropped: a manager that does not listen does not need it, and a manager
    /// that waits for it acts on its absence.
    func notify(_ state: State) {
        guard let path, var address = Self.address(path) else { return }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // The manager's queue is short. While it is full a message waits, but not for ever.
        var timeout = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let text = Array(state.text.utf8)
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, text, text.count, CInt(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// The interval in which ``State/alive`` is due; nil if no watchdog waits for this process.
    ///
    /// Source: sd_watchdog_enabled(3).
    static func watchdogInterval(_ environment: Environment, processID: pid_t = getpid()) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else {
            return nil
        }
        if let owner = environment["WATCHDOG_PID"], pid_t(owner) != processID { return nil }
        return .microseconds(microseconds)
    }

    /// A path, or after an `@` a name without one: its address begins with a zero byte (unix(7), "abstract").
    private static func address(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "/"): break
        case UInt8(ascii: "@"): bytes[0] = 0
        default: return nil
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    private static func monotonicMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
