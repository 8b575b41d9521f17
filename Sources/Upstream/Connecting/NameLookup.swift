import CCares
import NIOCore

/// One lookup of a name's addresses: first in the hosts file, then both kinds at once from the name servers. Blocks its
/// thread, for no longer than it is told.
///
/// The system's `getaddrinfo` would do neither: it cannot be ended, and keeps an IPv4 address to itself until it knows
/// about IPv6, too.
struct NameLookup: Sendable {
    enum Event: Sendable {
        /// There are addresses of one family.
        case found(NameAddresses)
        /// Nothing more comes. Nil if there were any addresses.
        case ended(NameFailure?)
    }

    /// However long a connection may take to open.
    static let longest = TimeAmount.seconds(3)
    /// How long the other family is waited for when one is there: long enough to ask once more.
    private static let patience = TimeAmount.seconds(1)
    /// After this time, in milliseconds, a name server is asked again, or the next one is; then after twice that.
    private static let timeout: CInt = 500
    /// How often each name server is asked: more often than there is time for.
    private static let tries: CInt = 4
    /// How often, in milliseconds, to see whether it has been given up.
    private static let glance: CInt = 100

    let name: String
    let port: Int
    let time: TimeAmount

    /// - Parameters:
    ///   - isGivenUp: asked several times a second. The lookup ends when it says yes.
    ///   - report: called on this thread.
    func run(until isGivenUp: () -> Bool, report: @escaping (Event) -> Void) {
        var deadline = NIODeadline.now() + time
        // What stands in the hosts file is all there is, as for other programs.
        let inFile = AddressQuestions(name: name, port: port) { report(.found($0)) }
        if let hosts = AresChannel(lookups: "f", timeout: Self.timeout, tries: Self.tries) { inFile.ask(hosts) }
        if inFile.hasFound { return report(.ended(nil)) }

        let questions = AddressQuestions(name: name, port: port) { addresses in
            deadline = min(deadline, .now() + Self.patience)
            report(.found(addresses))
        }
        guard let channel = AresChannel(lookups: "b", timeout: Self.timeout, tries: Self.tries) else {
            return report(.ended(.failed))
        }
        questions.ask(channel)
        while questions.areOpen {
            let left = (deadline - .now()).nanoseconds / 1_000_000
            if left <= 0 || isGivenUp() { break }
            channel.wait(milliseconds: min(Self.glance, CInt(left) + 1))
        }
        channel.cancel()
        report(.ended(questions.hasFound ? nil : questions.failure))
    }
}

/// Why there is no address.
enum NameFailure: Error, Equatable {
    /// There is no such name, or it has no address.
    case notFound
    /// No name server has answered in time.
    case timedOut
    /// The name servers were reached, and could not answer.
    case failed
}

/// A name's addresses, with the port to connect to; nil as long as a kind is not known.
struct NameAddresses: Equatable, Sendable {
    var v4: [SocketAddress]?
    var v6: [SocketAddress]?

    var isEmpty: Bool { v4 == nil && v6 == nil }

    mutating func add(_ other: NameAddresses) {
        v4 = other.v4 ?? v4
        v6 = other.v6 ?? v6
    }
}

/// The questions for both kinds of address, and what came back.
private final class AddressQuestions {
    private let name: String
    private let port: Int
    private let report: (NameAddresses) -> Void
    private var open = 0
    private var failures: [NameFailure] = []
    private(set) var hasFound = false

    init(name: String, port: Int, report: @escaping (NameAddresses) -> Void) {
        self.name = name
        self.port = port
        self.report = report
    }

    var areOpen: Bool { open > 0 }

    /// What the failures of both kinds mean together. As long as one kind might yet be there, the name is not missing.
    var failure: NameFailure {
        failures.contains(.timedOut) ? .timedOut : failures.contains(.failed) ? .failed : .notFound
    }

    func ask(_ channel: borrowing AresChannel) {
        for family in [AF_INET6, AF_INET] {
            open += 1
            channel.ask(for: name, family) { status, nodes in
                self.open -= 1
                self.take(status, nodes)
            }
        }
    }

    private func take(_ status: CInt, _ nodes: UnsafeMutablePointer<ares_addrinfo_node>?) {
        let found = addresses(nodes)
        if !found.isEmpty {
            hasFound = true
            report(found)
            return
        }
        switch status {
        case ccares_success, ccares_no_data, ccares_not_found, ccares_bad_name: failures.append(.notFound)
        case ccares_timeout, ccares_cancelled: failures.append(.timedOut)
        default: failures.append(.failed)
        }
    }

    private func addresses(_ first: UnsafeMutablePointer<ares_addrinfo_node>?) -> NameAddresses {
        var found = NameAddresses()
        var next = first
        while let node = next?.pointee {
            next = node.ai_next
            switch node.ai_family {
            case AF_INET:
                node.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    found.v4 = (found.v4 ?? []) + [withPort(SocketAddress($0.pointee, host: name))]
                }
            case AF_INET6:
                node.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    found.v6 = (found.v6 ?? []) + [withPort(SocketAddress($0.pointee, host: name))]
                }
            default:
                break
            }
        }
        return found
    }

    private func withPort(_ address: SocketAddress) -> SocketAddress {
        var address = address
        address.port = port
        return address
    }
}

/// A channel of c-ares: its sockets and the questions that are open on them. Reads resolv.conf when it is made.
private struct AresChannel: ~Copyable {
    /// Gets the status and the addresses, which are freed after that.
    typealias Answer = (CInt, UnsafeMutablePointer<ares_addrinfo_node>?) -> Void

    private let channel: ares_channel

    /// Once in a process, and not by two threads at a time.
    private static let library = ares_library_init(ARES_LIB_INIT_ALL)

    /// - Parameter lookups: `f` for the hosts file, `b` for name servers.
    /// - Returns: nil without memory, or if resolv.conf cannot be read.
    init?(lookups: String, timeout: CInt, tries: CInt) {
        guard Self.library == ccares_success else { return nil }
        var options = ares_options()
        options.timeout = timeout
        options.tries = tries
        let made: ares_channel? = lookups.withCString {
            // c-ares copies the text, and does not write to it.
            options.lookups = UnsafeMutablePointer(mutating: $0)
            var channel: ares_channel?
            let mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS
            return ares_init_options(&channel, &options, mask) == ccares_success ? channel : nil
        }
        guard let made else { return nil }
        channel = made
    }

    deinit { ares_destroy(channel) }

    /// The answer is called once: before this returns, in ``wait(milliseconds:)``, in ``cancel()``, or at the end.
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
        // The hosts file has its names without the dot that says that a name is complete.
        let isLocal = name.lowercased() == "localhost."
        ares_getaddrinfo(
            channel,
            isLocal ? "localhost" : name,
            nil,
            &hints,
            callback,
            Unmanaged.passRetained(AnswerBox(answer)).toOpaque()
        )
    }

    /// Waits for an answer, or until a question must be asked again, but not longer than this. Then goes on.
    func wait(milliseconds most: CInt) {
        var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
        let bits = ares_getsock(channel, &sockets, CInt(sockets.count))
        var polled: [pollfd] = []
        for (index, socket) in sockets.enumerated() {
            // ARES_GETSOCK_READABLE and ARES_GETSOCK_WRITABLE, which Swift cannot call.
            let reads = bits >> index & 1 == 1
            let writes = bits >> (index + sockets.count) & 1 == 1
            let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
            if events != 0 { polled.append(pollfd(fd: socket, events: Int16(events), revents: 0)) }
        }
        var next = timeval()
        let isWaiting = ares_timeout(channel, nil, &next) != nil
        let time = isWaiting ? min(Int(most), next.tv_sec * 1_000 + (next.tv_usec + 999) / 1_000) : Int(most)
        let count = poll(&polled, nfds_t(polled.count), CInt(time))
        if count > 0 {
            for entry in polled where entry.revents != 0 {
                let isReadable = entry.revents & Int16(POLLIN | POLLERR | POLLHUP) != 0
                let isWritable = entry.revents & Int16(POLLOUT) != 0
                ares_process_fd(channel, isReadable ? entry.fd : -1, isWritable ? entry.fd : -1)
            }
        } else {
            ares_process_fd(channel, -1, -1)
        }
    }

    /// Ends the open questions.
    func cancel() { ares_cancel(channel) }
}

private final class AnswerBox {
    let answer: AresChannel.Answer

    init(_ answer: @escaping AresChannel.Answer) {
        self.answer = answer
    }
}
