import Glibc
import LogThrottle
import Logging

/// The sockets of a responder: the listener, and the connections until their request is complete. Lives on one thread.
final class FrontDoor {
    private var listener: ListeningSocket?
    private let poll: EventPoll
    private let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    private var feed: RequestFeed?
    private var pending = PendingConnections()

    private let wakeUpDescriptor: CInt
    private let inFlight: InFlightRequests
    private let handler: any FastCGIHandler
    private let limits: FastCGILimits
    private let logger: Logger

    /// Set while there may be connections in the queue of which no event will tell.
    private var acceptAgainAt: ContinuousClock.Instant?
    private var acceptFailures = LogThrottle()
    private var refusals = LogThrottle(interval: .seconds(1))
    private var expiries = LogThrottle()
    private var evictions = LogThrottle()
    private var overloads = LogThrottle()

    init(
        listener: consuming ListeningSocket,
        wakeUpDescriptor: CInt,
        inFlight: InFlightRequests,
        handler: any FastCGIHandler,
        limits: FastCGILimits,
        logger: Logger
    ) throws(SystemCallError) {
        poll = try EventPoll()
        try poll.watch(wakeUpDescriptor)
        try poll.watch(listener.descriptor)
        // Now, since later there may be no descriptor left for it.
        feed = try RequestFeed(capacity: limits.maxRequestBytes)
        self.listener = consume listener
        self.wakeUpDescriptor = wakeUpDescriptor
        self.inFlight = inFlight
        self.handler = handler
        self.limits = limits
        self.logger = logger
    }

    deinit {
        readBuffer.deallocate()
    }

    /// Connections whose request is not complete.
    var pendingCount: Int { pending.count }

    /// Waits until something happens, and deals with it: one turn of the event loop.
    ///
    /// - Parameter deadline: when to return even if nothing happens.
    func turn(until deadline: ContinuousClock.Instant?) throws(SystemCallError) {
        let due = [deadline, acceptAgainAt, pending.nextDeadline].compactMap(\.self).min()
        try poll.wait(timeout: due.map { $0 - .now }) { descriptor in
            if descriptor == listener?.descriptor {
                acceptSome()
            } else if descriptor != wakeUpDescriptor {
                receive(from: descriptor)
            }
        }
        let now = ContinuousClock.now
        if let acceptAgainAt, acceptAgainAt <= now { acceptSome() }
        let expired = pending.closeExpired(at: now)
        if expired > 0 {
            expiries.log(logger, .warning, "connection closed: its request did not arrive in time")
        }
    }

    /// Closes the listener. What has already connected to a socket of our own is taken first; the queue of an
    /// inherited one is left for the next process.
    func stopAccepting() {
        guard let isInherited = listener?.isInherited, let descriptor = listener?.descriptor else { return }
        poll.unwatch(descriptor)
        if !isInherited {
            // From here on connecting is refused, so the queue has an end.
            _ = shutdown(descriptor, CInt(SHUT_RD))
            acceptSome(atMost: .max)
        }
        acceptAgainAt = nil
        listener = nil
    }

    /// Takes connections from the queue, some at a time: clients that connect again as fast as they are answered would
    /// keep the thread here, away from everything else that waits for it.
    private func acceptSome(atMost most: Int = 64) {
        acceptAgainAt = nil
        guard let descriptor = listener?.descriptor else { return }
        do {
            for _ in 0..<most {
                guard let socket = try ConnectedSocket.accept(from: descriptor) else { return }
                admit(socket)
            }
            // There may be more, and no event would tell.
            acceptAgainAt = .now
        } catch {
            // EMFILE, ENFILE, ENOBUFS, ENOMEM: the connection stays in the queue, and descriptors come back as
            // requests end. The listener is edge-triggered, so nothing but this timer brings us back to it.
            acceptAgainAt = .now + .milliseconds(50)
            acceptFailures.log(
                logger,
                .error,
                "cannot accept connections for now",
                metadata: ["error": "\(error)", "in_flight": "\(inFlight.count)", "pending": "\(pending.count)"]
            )
        }
    }

    /// Takes a new connection. Its request has often arrived with it, and then it is never watched.
    private func admit(_ socket: consuming ConnectedSocket) {
        if pending.count >= limits.maxPendingConnections {
            evictOldest()
        }
        let descriptor = socket.descriptor
        pending.insert(PendingConnection(socket, limits: limits), descriptor: descriptor)
        guard receive(from: descriptor) else { return }
        do {
            try poll.watch(descriptor)
            pending[descriptor]?.isWatched = true
        } catch {
            _ = pending.remove(descriptor)
            acceptFailures.log(logger, .error, "cannot watch a connection", metadata: ["error": "\(error)"])
        }
    }

    /// The oldest, not the newest: who sends at once is served, however many sit and wait.
    private func evictOldest() {
        pending.closeOldest()
        evictions.log(logger, .warning, "connection closed: too many wait to become complete")
    }

    /// Reads all that has arrived on a connection.
    ///
    /// - Returns: whether the connection goes on waiting for more.
    @discardableResult
    private func receive(from descriptor: CInt) -> Bool {
        guard let connection = pending[descriptor] else { return false }
        while true {
            switch connection.socket?.read(into: readBuffer) {
            case .bytes(let count):
                switch connection.gate.consume(UnsafeRawBufferPointer(rebasing: readBuffer[..<count])) {
                case .incomplete:
                    pending.recount(connection)
                    while pending.bytes > limits.maxPendingBytes { evictOldest() }
                case .complete:
                    handOver(connection, descriptor)
                    return false
                case .refused(let refusal):
                    refusals.log(
                        logger,
                        .warning,
                        "malformed FastCGI request",
                        metadata: ["reason": "\(refusal.rawValue)"]
                    )
                    _ = pending.remove(descriptor)
                    return false
                }
            case .nothingYet:
                return true
            case .ended, nil:
                _ = pending.remove(descriptor)
                return false
            }
        }
    }

    private func handOver(_ connection: PendingConnection, _ descriptor: CInt) {
        if connection.isWatched { poll.unwatch(descriptor) }
        guard let socket = pending.remove(descriptor) else { return }
        do {
            if feed == nil { feed = try RequestFeed(capacity: limits.maxRequestBytes) }
            try feed?.fill(with: connection.gate.request)
            var fcgx = try FCGXRequest(decoding: &feed)
            let body = try fcgx.readBody(count: connection.gate.stdinBytes)
            let head = FastCGIRequest.Head(acceptedAt: connection.acceptedAt) { fcgx.param($0) }
            dispatch(
                FastCGIRequest(head: head, body: body),
                ResponseWriter(fcgx, on: socket, head: head, registry: inFlight)
            )
        } catch {
            // Closed without an answer: the web server reports a bad gateway.
            feed = nil
            refusals.log(logger, .error, "a complete request was lost", metadata: ["error": "\(error)"])
        }
    }

    private func dispatch(_ request: FastCGIRequest, _ writer: ResponseWriter) {
        guard inFlight.count < limits.maxInFlight else {
            overloads.log(logger, .error, "request refused: too many in flight")
            writer.send(handler.refuse(request.head, because: .overloaded))
            return
        }
        inFlight.insert(writer)
        handler.handle(request, writer)
    }
}
