import NIOCore

/// The addresses of one origin's host, for all connections that are being opened to it: decides when to look the name up,
/// and what those who wait get. Lives on the event loop.
///
/// There is one lookup at a time, and everybody shares its answer. An address counts as soon as it is there, whatever
/// becomes of the other family. When the name servers fail, the last good answer goes on serving.
final class Names {
    /// Begins a lookup. What it finds is reported on the event loop.
    typealias Lookup = (@escaping (NameLookup.Event) -> Void) -> Void

    /// So long an answer is used again without asking. A short one: name servers have caches, and addresses move.
    static let lifetime = TimeAmount.seconds(5)
    /// So long a new answer is waited for where an older one could be used.
    static let patience = TimeAmount.milliseconds(200)

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
    ///   - lookup: looks the name up. Not called again before it has ended.
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
    /// - Parameter deadline: when they are of no use any more.
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
            if let good, running.found.isEmpty, running.startedAt + Self.patience <= now {
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

    /// Gives up what is under way. Whoever waits gets nothing.
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
        for query in waiting { query.hasSeenStart = true }
        if good != nil {
            eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { [weak self] in self?.patienceEnded(number) }
        }
        lookup { [weak self] event in self?.take(event, of: number) }
    }

    private func patienceEnded(_ number: Int) {
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
            // Said for certain: what used to be its address may be somebody else's now.
            good = nil
        }
        if let good {
            for query in queries { query.complete(good.addresses) }
            return
        }
        // Those that came in the middle have not had their time: the next lookup may still bring them an answer.
        let now = eventLoop.now
        let mayGoOn = { (query: NameQuery) in
            failure == .timedOut && !query.hasSeenStart && query.isWaiting(at: now)
        }
        let failed = queries.filter { !mayGoOn($0) }
        waiting = queries.filter(mayGoOn)
        if !waiting.isEmpty { start() }
        for query in failed { query.fail(failure) }
    }

    /// Nobody waits after this, so that who asks again in between is not taken for one of them.
    private func takeWaiting() -> [NameQuery] {
        defer { waiting = [] }
        return waiting
    }
}
