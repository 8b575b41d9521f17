import CCares
import NIOCore

/// One lookup of a name's addresses: first in the hosts file, then from the name servers, for both families at once.
/// Blocks its thread, but not for longer than ``time``.
///
/// The system's `getaddrinfo` cannot be cancelled, and does not return an IPv4 address until it knows about IPv6, too.
struct NameLookup: Sendable {
    enum Event: Sendable {
        /// One family's addresses.
        case found(NameAddresses)
        /// The lookup has ended. Nil if it found an address.
        case ended(NameFailure?)
    }

    /// The longest that a lookup may take, even if a connection may take longer to open.
    static let longest = TimeAmount.seconds(3)
    /// How long to wait for the other family once one is there: long enough to ask again.
    private static let secondFamilyWait = TimeAmount.seconds(1)
    /// When to send an unanswered query again, since a packet may have been lost.
    private static let retry = TimeAmount.milliseconds(500)
    /// How often to check whether the lookup was cancelled.
    private static let cancellationCheckInterval = TimeAmount.milliseconds(100)

    let name: String
    let port: Int
    let time: TimeAmount

    /// - Parameters:
    ///   - isGivenUp: asked several times a second. The lookup ends when it returns true.
    ///   - report: called on this thread.
    func run(until isGivenUp: () -> Bool, report: @escaping (Event) -> Void) {
        // If the hosts file has the name, the name servers are not asked, as in other programs.
        if hasFound(inFileFor: [AF_INET6, AF_INET], report) { return report(.ended(nil)) }

        let begin = NIODeadline.now()
        var deadline = begin + time
        let questions = [AF_INET6, AF_INET].map { family in
            AddressQuestion(name, port, family) { addresses in
                deadline = min(deadline, .now() + Self.secondFamilyWait)
                report(.found(addresses))
            }
        }
        // This channel waits for a slow answer all the time, and asks again only if a server refuses at once. Once
        // c-ares 1.34 has asked again, it ignores an answer to the first query, so a second channel asks again.
        guard let first = AresChannel(.nameServers, timeout: time, tries: 2) else { return report(.ended(.failed)) }
        var channels = [first]
        for question in questions { question.ask(first) }
        while questions.contains(where: \.isOpen) {
            let now = NIODeadline.now()
            if now >= deadline || isGivenUp() { break }
            if channels.count == 1, now >= begin + Self.retry,
                let second = AresChannel(.nameServers, timeout: Self.retry, tries: 4)
            {
                second.putFirstServerLast()
                channels.append(second)
                for question in questions where question.isOpen { question.ask(second) }
            }
            AresChannel.wait(for: channels, atMost: min(Self.cancellationCheckInterval, deadline - now))
        }
        for channel in channels { channel.cancel() }
        report(.ended(questions.contains(where: \.hasFound) ? nil : .both(questions.map(\.failure))))
    }

    private func hasFound(inFileFor families: [CInt], _ report: @escaping (Event) -> Void) -> Bool {
        guard let file = AresChannel(.hostsFile, timeout: time, tries: 1) else { return false }
        let questions = families.map { AddressQuestion(name, port, $0) { report(.found($0)) } }
        for question in questions { question.ask(file) }
        return questions.contains(where: \.hasFound)
    }
}

/// Why a lookup found no address.
enum NameFailure: Error, Equatable {
    /// There is no such name, or it has no address.
    case notFound
    /// No name server answered in time.
    case timedOut
    /// The name servers were reached, but could not answer.
    case failed

    /// Combines both families' failures: the name is not missing if one of them might have an address.
    static func both(_ failures: [NameFailure]) -> NameFailure {
        failures.contains(.timedOut) ? .timedOut : failures.contains(.failed) ? .failed : .notFound
    }

    /// - Parameter status: c-ares' status, if there is no address.
    fileprivate init(_ status: CInt) {
        switch status {
        case ccares_success, ccares_no_data, ccares_not_found, ccares_bad_name: self = .notFound
        case ccares_timeout, ccares_cancelled: self = .timedOut
        default: self = .failed
        }
    }
}

/// A name's addresses, with the port to connect to; nil as long as a family is not known.
struct NameAddresses: Equatable, Sendable {
    var v4: [SocketAddress]?
    var v6: [SocketAddress]?

    var isEmpty: Bool { v4 == nil && v6 == nil }

    mutating func add(_ other: NameAddresses) {
        v4 = other.v4 ?? v4
        v6 = other.v6 ?? v6
    }
}

/// The query for one family's addresses. It can be sent on several channels; the first good answer counts.
private final class AddressQuestion {
    private let name: String
    private let port: Int
    private let family: CInt
    private let report: (NameAddresses) -> Void
    private var channels = 0
    private(set) var isOpen = true
    private(set) var hasFound = false
    /// Why there is no address, so far.
    private(set) var failure = NameFailure.timedOut

    init(_ name: String, _ port: Int, _ family: CInt, report: @escaping (NameAddresses) -> Void) {
        self.name = name
        self.port = port
        self.family = family
        self.report = report
    }

    func ask(_ channel: AresChannel) {
        channels += 1
        channel.ask(for: name, family) { status, nodes in
            self.channels -= 1
            if self.isOpen { self.take(status, self.addresses(nodes)) }
        }
    }

    private func take(_ status: CInt, _ found: NameAddresses) {
        hasFound = !found.isEmpty
        failure = NameFailure(status)
        isOpen = !hasFound && failure != .notFound && channels > 0
        if hasFound { report(found) }
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
