import CLinux
import Glibc

/// The kernel's list of descriptors to watch (epoll), edge-triggered: an event tells that something has arrived since
/// the last time, so read until nothing is left.
struct EventPoll: ~Copyable {
    private let epoll: CInt
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.capacity)
    private static let capacity = 256

    init() throws(SystemCallError) {
        epoll = try SystemCall.run("epoll_create1") { epoll_create1(CInt(EPOLL_CLOEXEC)) }
    }

    deinit {
        events.deallocate()
        SystemCall.close(epoll)
    }

    /// Watches a descriptor. Data that arrived before counts as an event.
    func watch(_ descriptor: CInt) throws(SystemCallError) {
        _ = try SystemCall.run("epoll_ctl") { clinux_epoll_watch(epoll, descriptor) }
    }

    /// Stops watching a descriptor.
    func unwatch(_ descriptor: CInt) {
        _ = clinux_epoll_unwatch(epoll, descriptor)
    }

    /// Waits for events.
    ///
    /// - Parameters:
    ///   - timeout: the longest wait; nil for no limit. Rounded up to milliseconds, so that a timer is never early.
    ///   - body: called with the descriptor of each event, and whether its peer sends nothing after what has arrived.
    func wait(timeout: Duration?, _ body: (CInt, Bool) -> Void) throws(SystemCallError) {
        let milliseconds = timeout.map { CInt(clamping: (max(.zero, $0) / .milliseconds(1)).rounded(.up)) } ?? -1
        let count = try SystemCall.run("epoll_wait") { epoll_wait(epoll, events, CInt(Self.capacity), milliseconds) }
        for event in 0..<Int(count) {
            body(clinux_epoll_event_fd(events + event), clinux_epoll_event_is_end(events + event) != 0)
        }
    }
}

extension CInt {
    fileprivate init(clamping value: Double) {
        self = CInt(Swift.min(value, Double(CInt.max)))
    }
}
