import Glibc
import LogThrottle
import Logging
import NIOCore

/// A FastCGI server in the responder role (FastCGI specification, section 6.2), on one event loop, where all of it lives.
///
/// A connection's bytes pass the gate, which waits for one whole, well-formed request. That is decoded by libfcgi and given
/// to the handler. No peer is waited for, and none has more of anything than ``FastCGILimits`` allow.
package final class FastCGIServer {
    let limits: FastCGILimits
    private let handler: any FastCGIHandler
    private let logger: Logger
    private let eventLoop: any EventLoop
    let acceptor: ConnectionAcceptor
    private let shutdownGrace: TimeAmount
    /// Opened at the start: later there may be no free descriptor.
    private var feed: RequestFeed?

    /// Connections whose request has not arrived complete. All wait equally long, so the oldest is the next to expire.
    private var pending = ConnectionList()
    /// Bytes that have arrived on them.
    private var pendingBytes = 0
    /// Connections that the web server keeps for further requests.
    private var kept = ConnectionList()
    /// Requests that have been handed over and not answered, by their connection.
    private var inFlight: [ObjectIdentifier: ResponseWriter] = [:]
    /// Descriptors for connections that wait or are kept, and for requests in flight, which take two each.
    private var maxDescriptors = DescriptorLimit.current?.forConnections ?? .max
    /// Ends the oldest connection that waits, when it is due.
    private var expiry: Scheduled<Void>?
    private var stage = Stage.serving
    private var graceEnds = NIODeadline.distantFuture
    private let ended: EventLoopPromise<NIODeadline>

    private var shortages = LogThrottle()
    private var refusals = LogThrottle(interval: .seconds(1))
    private var expiries = LogThrottle()
    private var evictions = LogThrottle()
    private var overloads = LogThrottle()

    /// How far a shutdown has come.
    private enum Stage {
        case serving
        /// Each answer is the last on its connection, and others still come in.
        case endingKept
        /// Nothing new comes in.
        case finishing
        case ended
    }

    /// Begins to serve. Must be called on the event loop.
    ///
    /// - Parameters:
    ///   - library: libfcgi, started.
    ///   - listener: where to accept connections; closed during the shutdown.
    ///   - limits: how much of each resource a peer may use.
    ///   - shutdownGrace: how long a shutdown waits for what is in flight.
    ///   - handler: answers the requests.
    ///   - eventLoop: where the server lives.
    ///   - logger: for what happens to connections, never for what they carry.
    /// - Throws: `SystemCallError` if there are no descriptors for it.
    package init(
        _ library: FastCGILibrary,
        listener: consuming sending ListeningSocket,
        limits: FastCGILimits,
        shutdownGrace: Duration,
        handler: any FastCGIHandler,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws(SystemCallError) {
        self.limits = limits
        self.shutdownGrace = TimeAmount(shutdownGrace)
        self.handler = handler
        self.eventLoop = eventLoop
        self.logger = logger
        ended = eventLoop.makePromise()
        feed = try RequestFeed(capacity: limits.maxRequestBytes)
        acceptor = ConnectionAcceptor(consume listener, eventLoop: eventLoop)
        try acceptor.start(for: self)
    }

    /// Succeeds when ``shutDown()`` has been called and what was in flight has been answered, or the grace is over. The value
    /// is when the grace ends.
    package var end: EventLoopFuture<NIODeadline> { ended.futureResult }

    /// Whether the shutdown has begun.
    var isShuttingDown: Bool { stage != .serving }
}

// MARK: Shutdown

extension FastCGIServer {
    /// How long a shutdown waits for the web server to close the connections that it keeps. With our configuration
    /// nginx takes half a second (`keepalive_timeout`); a server that takes longer must not delay the shutdown.
    private static let keptConnectionsGrace = TimeAmount.seconds(2)

    /// Begins the shutdown. Connections are accepted until the web server keeps none any more, but for two seconds at
    /// most; ``end`` succeeds when the rest is done. May be called more than once.
    package func shutDown() {
        guard stage == .serving else { return }
        stage = .endingKept
        graceEnds = .now() + shutdownGrace
        let loop = eventLoop.assumeIsolated()
        loop.scheduleTask(in: min(shutdownGrace, Self.keptConnectionsGrace)) { self.stopAccepting() }
        loop.scheduleTask(deadline: graceEnds) { self.finish() }
        proceed()
    }

    /// Takes the next step of a shutdown if nothing is left that it waits for.
    private func proceed() {
        guard isShuttingDown else { return }
        // A request on its way from its connection to the handler is counted nowhere until then.
        eventLoop.assumeIsolated().execute {
            if self.stage == .endingKept, self.kept.count == 0 { self.stopAccepting() }
            if self.stage == .finishing, self.pending.count == 0, self.inFlight.isEmpty { self.finish() }
        }
    }

    private func stopAccepting() {
        guard stage == .endingKept else { return }
        stage = .finishing
        acceptor.stop(for: self)
        proceed()
    }

    /// Refuses what is still in flight: the time for it is over.
    private func finish() {
        stopAccepting()
        guard stage == .finishing else { return }
        stage = .ended
        let unfinished = inFlight.values.filter(\.isWaiting)
        for writer in unfinished { writer.send(handler.refuse(writer.head, because: .shuttingDown)) }
        if !unfinished.isEmpty {
            logger.error(
                "requests refused at the end of the shutdown grace",
                metadata: ["count": "\(unfinished.count)"]
            )
        }
        while let connection = pending.oldest ?? kept.oldest { connection.close() }
        ended.succeed(graceEnds)
    }
}

// MARK: Connections

extension FastCGIServer {
    /// Whether there is room for one more kept connection. Most of the descriptors are for requests.
    var mayKeepOneMore: Bool { !isShuttingDown && kept.count < maxDescriptors / 4 }

    /// Counts a connection as what it is now.
    func connection(_ connection: FastCGIConnection, changedFrom old: FastCGIConnection.Phase) {
        let new = connection.phase
        if old == .receiving {
            pending.remove(connection)
            pendingBytes -= connection.countedBytes
            connection.countedBytes = 0
        }
        if old.isKept, !new.isKept { kept.remove(connection) }
        if !old.isKept, new.isKept { kept.append(connection) }
        if new == .receiving {
            pending.append(connection)
            expireLater()
        }
        proceed()
    }

    /// Closes the oldest connections that wait if one more would be too many. The oldest, not the newest: a peer that sends
    /// at once is served, however many others are idle.
    func makeRoomForOneMore() {
        // A request may need a second descriptor, for a connection that its handler opens.
        for _ in 0..<2 where isFull { evictOldest() }
    }

    /// More of a connection's request has arrived.
    func hasReceivedMore(_ connection: FastCGIConnection) {
        pendingBytes += connection.receivedBytes - connection.countedBytes
        connection.countedBytes = connection.receivedBytes
        while pendingBytes > limits.maxPendingBytes { evictOldest() }
    }

    /// A peer has sent something that is not a request.
    func hasRefused(_ refusal: ConnectionGate.Refusal) {
        refusals.log(logger, .warning, "malformed FastCGI request", metadata: ["reason": "\(refusal.rawValue)"])
    }

    /// Descriptors have run out. Closes the oldest connection that waits to become complete: a peer that sends at once is
    /// served, however many others are idle.
    ///
    /// - Returns: whether it is worth trying again.
    func makeRoom(after error: SystemCallError, _ message: Logger.Message) -> Bool {
        shortages.log(
            logger,
            .error,
            message,
            metadata: ["error": "\(error)", "in_flight": "\(inFlight.count)", "pending": "\(pending.count)"]
        )
        guard error.isShortage, let oldest = pending.oldest else { return false }
        oldest.close()
        // The limit has been lowered while we ran.
        if error.number == EMFILE, let limit = DescriptorLimit.current { maxDescriptors = limit.forConnections }
        return true
    }

    /// Whether one of those that wait must make room for another.
    private var isFull: Bool {
        // As nearly always.
        guard pending.count > 0 else { return false }
        return pending.count >= limits.maxPendingConnections
            || pending.count + kept.count + 2 * inFlight.count >= maxDescriptors
    }

    private func evictOldest() {
        guard let oldest = pending.oldest else { return }
        oldest.close()
        evictions.log(logger, .warning, "connection closed: too many wait to become complete")
    }

    private func expireLater() {
        guard expiry == nil, let oldest = pending.oldest else { return }
        expiry = eventLoop.assumeIsolated().scheduleTask(deadline: oldest.deadline) {
            self.expiry = nil
            let now = NIODeadline.now()
            while let oldest = self.pending.oldest, oldest.deadline <= now {
                guard oldest.expire() else { continue }
                self.expiries.log(
                    self.logger,
                    .warning,
                    "connection closed: its request did not arrive in time"
                )
            }
            self.expireLater()
        }
    }
}

// MARK: Requests

extension FastCGIServer {
    /// Has libfcgi decode a complete request.
    ///
    /// - Returns: nil if that fails, which the log tells then.
    func decode(_ gate: ConnectionGate, acceptedAt: NIODeadline) -> FastCGIRequest? {
        do {
            try openFeed()
            try feed?.fill(with: gate.request)
            var decoded = try FCGXRequest(decoding: &feed)
            let body = try decoded.readBody(count: gate.stdinBytes)
            let name = handler.ownParam
            let head = decoded.withParams { params in
                FastCGIRequest.Head(acceptedAt: acceptedAt, ownParam: name) { params[$0] }
            }
            return FastCGIRequest(head: head, body: body, bodyRefusal: gate.bodyRefusal)
        } catch {
            // Closed without an answer: the web server reports a bad gateway.
            feed = nil
            refusals.log(logger, .error, "a complete request was lost", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// Gives a request to the handler, unless too many are in flight.
    func dispatch(_ request: FastCGIRequest, from connection: FastCGIConnection, _ writer: ResponseWriter) {
        guard inFlight.count < limits.maxInFlight else {
            overloads.log(logger, .error, "request refused: too many in flight")
            return writer.send(handler.refuse(request.head, because: .overloaded))
        }
        inFlight[ObjectIdentifier(connection)] = writer
        handler.handle(request, writer)
    }

    /// The answer to a connection's request has been delivered, or cannot be.
    func hasAnswered(_ connection: FastCGIConnection) {
        inFlight[ObjectIdentifier(connection)] = nil
        proceed()
    }

    private func openFeed() throws(SystemCallError) {
        while feed == nil {
            do throws(SystemCallError) {
                feed = try RequestFeed(capacity: limits.maxRequestBytes)
            } catch {
                guard makeRoom(after: error, "cannot take a request for now") else { throw error }
            }
        }
    }
}
