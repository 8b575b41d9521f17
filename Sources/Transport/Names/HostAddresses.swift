import NIOCore

/// The addresses of one origin's host, for all connections that are being opened to it. Decides when to look the name
/// up, and what the waiting queries get. Lives on the event loop.
///
/// There is one lookup at a time, and all queries share its answer. An address is used as soon as it arrives, whatever
/// happens to the other family. While the name servers fail, the last good answer stays in use.
final class HostAddresses {
    /// Starts a lookup, whose results are reported on the event loop.
    typealias Lookup = (@escaping (NameLookup.Event) -> Void) -> Void

    /// How long an answer is reused without asking. Short, since name servers have caches, and addresses move.
    static let lifetime = TimeAmount.seconds(5)
    /// How long to wait for a new answer if an older one could be used.
    static let freshAnswerWait = TimeAmount.milliseconds(200)

    private struct Running {
        let number: Int
        let startedAt: NIODeadline
        var found = NameAddresses()
    }

    private let eventLoop: any EventLoop
    private let lookup: Lookup
    private let end: () -> Void
    /// Set for a host that is an address.
    private var fixed: NameAddresses?
    private var good: (addresses: NameAddresses, until: NIODeadline)?
    private var running: Running?
    private var count = 0
    private var waiting: [NameQuery] = []
    private var isClosed = false

    /// - Parameters:
    ///   - lookup: looks the name up. Not called again before the last lookup has ended.
    ///   - end: called on closing.
    init(eventLoop: any EventLoop, lookup: @escaping Lookup, end: @escaping () -> Void = {}) {
        self.eventLoop = eventLoop
        self.lookup = lookup
        self.end = end
    }

    /// - Parameter timeout: how long a connection may take to open.
    convenience init(host: String, port: Int, timeout: TimeAmount, eventLoop: any EventLoop) {
        let thread = LookupThread(eventLoop: eventLoop)
        let lookup = NameLookup(name: host, port: port, time: min(timeout, NameLookup.longest))
        self.init(eventLoop: eventLoop, lookup: { thread.run(lookup, report: $0) }, end: { thread.stop() })
        if let address = try? SocketAddress(ipAddress: host, port: port) {
            fixed = address.protocol == .inet ? NameAddresses(v4: [address]) : NameAddresses(v6: [address])
        }
    }

    /// Asks for the addresses, for one connection.
    ///
    /// - Parameter deadline: when the connection no longer needs them.
    func ask(until deadline: NIODeadline) -> NameQuery {
        let query = NameQuery(eventLoop: eventLoop, deadline: deadline)
        let now = eventLoop.now
        if isClosed {
            query.fail(CancellationError())
        } else if let fixed {
            query.complete(fixed)
        } else if let good, good.until > now {
            query.complete(good.addresses)
        } else if let running {
            query.take(running.found)
            if let good, running.found.isEmpty, running.startedAt + Self.freshAnswerWait <= now {
                query.complete(good.addresses)
            } else {
                waiting.append(query)
            }
        } else {
            waiting.append(query)
            start()
        }
        return query
    }

    /// Cancels the lookup in progress. Waiting queries fail.
    func close() {
        isClosed = true
        running = nil
        end()
        for query in takeWaiting() { query.fail(CancellationError()) }
    }

    private func start() {
        count += 1
        let number = count
        running = Running(number: number, startedAt: eventLoop.now)
        for query in waiting { query.isFromBeforeLookup = true }
        if good != nil {
            eventLoop.assumeIsolated().scheduleTask(in: Self.freshAnswerWait) { [weak self] in
                self?.useOldAnswer(number)
            }
        }
        lookup { [weak self] event in self?.take(event, of: number) }
    }

    private func useOldAnswer(_ number: Int) {
        guard let running, running.number == number, running.found.isEmpty, let good else { return }
        for query in takeWaiting() { query.complete(good.addresses) }
    }

    private func take(_ event: NameLookup.Event, of number: Int) {
        guard running?.number == number else { return }
        switch event {
        case .found(let addresses):
            running?.found.add(addresses)
            for query in waiting { query.take(addresses) }
        case .ended(let failure):
            ended(running?.found ?? NameAddresses(), failure ?? .notFound)
        }
    }

    private func ended(_ found: NameAddresses, _ failure: NameFailure) {
        running = nil
        let queries = takeWaiting()
        if !found.isEmpty {
            good = (found, until: eventLoop.now + Self.lifetime)
        } else if failure == .notFound {
            // The name certainly has no address now. The old one may be somebody else's by now.
            good = nil
        }
        if let good {
            for query in queries { query.complete(good.addresses) }
            return
        }
        // Queries that came during the lookup have not had their full time: the next lookup may still answer them.
        let now = eventLoop.now
        let mayGoOn = { (query: NameQuery) in
            failure == .timedOut && !query.isFromBeforeLookup && query.isWaiting(at: now)
        }
        let failed = queries.filter { !mayGoOn($0) }
        waiting = queries.filter(mayGoOn)
        if !waiting.isEmpty { start() }
        for query in failed { query.fail(failure) }
    }

    /// Empties the list, so that a query that is asked while these are answered is not mistaken for one of them.
    private func takeWaiting() -> [NameQuery] {
        defer { waiting = [] }
        return waiting
    }
}
