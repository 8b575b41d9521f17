import CCares
import NIOCore

/// A c-ares channel: its sockets and their open queries. Reads resolv.conf when it is made, so that a change there
/// needs no restart. For one thread only.
final class AresChannel {
    /// Gets the status and the addresses. The addresses are freed afterwards.
    typealias Answer = (CInt, UnsafeMutablePointer<ares_addrinfo_node>?) -> Void

    enum Source: String {
        case hostsFile = "f"
        case nameServers = "b"
    }

    private let channel: ares_channel

    /// Must be called once per process, and not by two threads at a time.
    private static let library = ares_library_init(ARES_LIB_INIT_ALL)

    /// - Parameters:
    ///   - timeout: how long to wait for a server before asking the next one; doubled after each round.
    ///   - tries: how often each server is asked.
    /// - Returns: nil if memory is short or resolv.conf cannot be read.
    init?(_ source: Source, timeout: TimeAmount, tries: CInt) {
        guard Self.library == ccares_success else { return nil }
        var options = ares_options()
        options.timeout = CInt(timeout.nanoseconds / 1_000_000)
        options.tries = tries
        let made: ares_channel? = source.rawValue.withCString {
            // c-ares only copies the text.
            options.lookups = UnsafeMutablePointer(mutating: $0)
            var channel: ares_channel?
            let mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS
            return ares_init_options(&channel, &options, mask) == ccares_success ? channel : nil
        }
        guard let made else { return nil }
        channel = made
    }

    deinit { ares_destroy(channel) }

    /// Moves the first server to the end of the list. Only before the first query.
    func putFirstServerLast() {
        var list: UnsafeMutablePointer<ares_addr_port_node>?
        guard ares_get_servers_ports(channel, &list) == ccares_success, let first = list else { return }
        var last = first
        while let next = last.pointee.next { last = next }
        let head = first.pointee.next ?? first
        if head != first {
            last.pointee.next = first
            first.pointee.next = nil
            _ = ares_set_servers_ports(channel, head)
        }
        ares_free_data(head)
    }

    /// The answer is called once: before this returns, in ``wait(for:atMost:)`` or ``cancel()``, or in `deinit`.
    func ask(for name: String, _ family: CInt, answer: @escaping Answer) {
        var hints = ares_addrinfo_hints()
        hints.ai_family = family
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        let callback: ares_addrinfo_callback = { argument, status, _, info in
            guard let argument else { return }
            let answer = Unmanaged<AnswerBox>.fromOpaque(argument).takeRetainedValue().answer
            answer(status, info?.pointee.nodes)
            if let info { ares_freeaddrinfo(info) }
        }
        // Names in the hosts file have no final dot.
        let asked = name.lowercased() == "localhost." ? "localhost" : name
        ares_getaddrinfo(channel, asked, nil, &hints, callback, Unmanaged.passRetained(AnswerBox(answer)).toOpaque())
    }

    /// Cancels the open queries.
    func cancel() { ares_cancel(channel) }

    /// Waits for an answer, or until a query must be sent again, but not longer than this. Then processes what is due.
    static func wait(for channels: [AresChannel], atMost most: TimeAmount) {
        var milliseconds = Int(most.nanoseconds / 1_000_000) + 1
        var polled: [pollfd] = []
        var owners: [AresChannel] = []
        for channel in channels {
            let sockets = channel.sockets
            polled += sockets
            owners += sockets.map { _ in channel }
            var next = timeval()
            if ares_timeout(channel.channel, nil, &next) != nil {
                milliseconds = min(milliseconds, next.tv_sec * 1_000 + (next.tv_usec + 999) / 1_000)
            }
        }
        _ = poll(&polled, nfds_t(polled.count), CInt(milliseconds))
        for (entry, owner) in zip(polled, owners) where entry.revents != 0 {
            let isReadable = entry.revents & Int16(POLLIN | POLLERR | POLLHUP) != 0
            let isWritable = entry.revents & Int16(POLLOUT) != 0
            ares_process_fd(owner.channel, isReadable ? entry.fd : -1, isWritable ? entry.fd : -1)
        }
        // Sends the queries again whose time is up.
        for channel in channels { ares_process_fd(channel.channel, -1, -1) }
    }

    /// The sockets to poll, with their events.
    private var sockets: [pollfd] {
        var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
        let bits = ares_getsock(channel, &sockets, CInt(sockets.count))
        return sockets.enumerated().compactMap { index, socket in
            // ARES_GETSOCK_READABLE and ARES_GETSOCK_WRITABLE, which Swift cannot call.
            let reads = bits >> index & 1 == 1
            let writes = bits >> (index + sockets.count) & 1 == 1
            guard reads || writes else { return nil }
            return pollfd(fd: socket, events: Int16((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), revents: 0)
        }
    }
}

private final class AnswerBox {
    let answer: AresChannel.Answer

    init(_ answer: @escaping AresChannel.Answer) {
        self.answer = answer
    }
}
