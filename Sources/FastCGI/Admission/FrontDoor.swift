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
    private var kept = KeptConnections()

    private let wakeUpDescriptor: CInt
    private let inFlight: InFlightRequests
    private let shutdown: ShutdownFlag
    private let handler: any FastCGIHandler
    private let limits: FastCGILimits
    /// Descriptors for connections that wait and for requests in flight, which take two each.
    private var maxDescriptors: Int
    private let logger: Logger

    /// Set while the queue may hold connections that no event will report.
    private var acceptAgainAt: ContinuousClock.Instant?
    private var shortages = LogThrottle()
    private var refusals = LogThrottle(interval: .seconds(1))
    private var expiries = LogThrottle()
    private var evictions = LogThrottle()
    private var overloads = LogThrottle()

    init(
        listener: consuming ListeningSocket,
        wakeUpDescriptor: CInt,
        inFlight: InFlightRequests,
        shutdown: ShutdownFlag,
        handler: any FastCGIHandler,
        limits: FastCGILimits,
        logger: Logger
    ) throws(SystemCallError) {
        poll = try EventPoll()
        try poll.watch(wakeUpDescriptor)
        try poll.watch(listener.descriptor)
        // Opened now: later there may be no free descriptor.
        feed = try RequestFeed(capacity: limits.maxRequestBytes)
        self.listener = consume listener
        self.wakeUpDescriptor = wakeUpDescriptor
        self.inFlight = inFlight
        self.shutdown = shutdown
        self.handler = handler
        self.limits = limits
        maxDescriptors = DescriptorLimit.current?.forConnections ?? .max
        self.logger = logger
    }

    deinit {
        readBuffer.deallocate()
    }

    /// The number of connections without a complete request.
    var pendingCount: Int { pending.count }

    /// The number of connections that the web server keeps for further requests.
    var keptCount: Int { kept.count }

    /// Waits until something happens, and deals with it: one turn of the event loop.
    ///
    /// - Parameter deadline: when to return even if nothing happens.
    func turn(until deadline: ContinuousClock.Instant?) throws(SystemCallError) {
        let due = [deadline, acceptAgainAt, pending.nextDeadline].compactMap(\.self).min()
        try poll.wait(timeout: due.map { $0 - .now }) { descriptor, isEnd in
            if descriptor == listener?.descriptor {
                acceptSome()
            } else if descriptor != wakeUpDescriptor {
                continueConnection(descriptor)
                // The end came together with the last bytes of a request. There is no second event for it.
                if isEnd { continueConnection(descriptor) }
            }
        }
        let now = ContinuousClock.now
        if let acceptAgainAt, acceptAgainAt <= now { acceptSome() }
        while let (descriptor, request) = pending.expired(at: now) {
            if request.gate.endWithoutBody() {
                handOver(request, descriptor)
            } else {
                _ = pending.remove(descriptor)
                expiries.log(logger, .warning, "connection closed: its request did not arrive in time")
            }
        }
    }

    /// Closes the listener. Connections in its queue are accepted first; only the queue of a socket from the service
    /// manager is left for the next process.
    func stopAccepting() {
        guard let origin = listener?.origin, let descriptor = listener?.descriptor else { return }
        poll.unwatch(descriptor)
        switch origin {
        case .opened:
            // From here on connecting is refused, so the queue has an end.
            _ = Glibc.shutdown(descriptor, CInt(SHUT_RD))
            acceptSome(atMost: .max)
        case .standardInput:
            // Other processes may have it too, and go on using it.
            acceptSome(atMost: limits.maxInFlight)
        case .serviceManager:
            break
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
                let socket = try makingRoom("cannot accept connections for now") { () throws(SystemCallError) in
                    try ConnectedSocket.accept(from: descriptor)
                }
                guard let socket else { return }
                admit(socket)
            }
            // There may be more, and no event would report them.
            acceptAgainAt = .now
        } catch {
            // The connection stays in the queue, and descriptors come back as requests end. The listener is
            // edge-triggered, so nothing but this timer brings us back to it.
            acceptAgainAt = .now + .milliseconds(50)
        }
    }

    /// Runs a call that takes a descriptor. When these have run out, closes the oldest connection that waits to become
    /// complete, and tries again: a peer that sends at once is served, however many others are idle.
    private func makingRoom<Value: ~Copyable>(
        _ message: Logger.Message,
        _ body: () throws(SystemCallError) -> Value
    ) throws(SystemCallError) -> Value {
        var tries = 0
        while true {
            do {
                return try body()
            } catch {
                tries += 1
                shortages.log(
                    logger,
                    .error,
                    message,
                    metadata: ["error": "\(error)", "in_flight": "\(inFlight.count)", "pending": "\(pending.count)"]
                )
                // Not all of them: other processes may take the freed descriptors.
                guard error.isShortage, pending.count > 0, tries < 8 else { throw error }
                pending.closeOldest()
                // The limit has been lowered while we ran.
                if error.number == EMFILE, let limit = DescriptorLimit.current { maxDescriptors = limit.forConnections }
            }
        }
    }

    /// Takes a new connection. Its request has often arrived with it, and then it is never watched.
    private func admit(_ socket: consuming ConnectedSocket) {
        if isFull {
            evictOldest()
            // A request may take one more, for what its handler opens.
            if isFull { evictOldest() }
        }
        let descriptor = socket.descriptor
        pending.insert(PendingConnection(Connection(socket), limits: limits), descriptor: descriptor)
        guard receive(from: descriptor) else { return }
        do {
            try makingRoom("cannot watch a connection") { () throws(SystemCallError) in
                // Unless it was the oldest itself.
                guard let connection = pending[descriptor] else { return }
                try poll.watch(descriptor)
                connection.isWatched = true
            }
        } catch {
            _ = pending.remove(descriptor)
        }
    }

    /// Something has happened on a connection that is watched.
    private func continueConnection(_ descriptor: CInt) {
        guard let connection = kept.remove(descriptor) else {
            receive(from: descriptor)
            return
        }
        // If not, a request is in flight on it, and the answer to that one will close it.
        guard connection.mayReadNextRequest() else { return }
        if isFull { evictOldest() }
        let request = PendingConnection(connection, isWatched: true, limits: limits)
        pending.insert(request, descriptor: descriptor)
        if receive(from: descriptor), request.gate.request.isEmpty {
            // Nothing has come, so no request is late.
            _ = pending.remove(descriptor)
            kept.insert(connection)
        }
    }

    /// Whether one of those that wait must make room for another.
    private var isFull: Bool {
        // As nearly always.
        guard pending.count > 0 else { return false }
        return pending.count >= limits.maxPendingConnections
            || pending.count + kept.count + 2 * inFlight.count >= maxDescriptors
    }

    /// The oldest, not the newest: a peer that sends at once is served, however many others are idle.
    private func evictOldest() {
        pending.closeOldest()
        evictions.log(logger, .warning, "connection closed: too many wait to become complete")
    }

    /// Reads all that has arrived on a connection.
    ///
    /// - Returns: whether the connection goes on waiting for more.
    @discardableResult
    private func receive(from descriptor: CInt) -> Bool {
        guard let request = pending[descriptor] else { return false }
        while true {
            switch request.connection?.socket.read(into: readBuffer) {
            case .bytes(let count):
                // Codes and tokens do not stay in the buffer until a longer request overwrites them.
                defer { readBuffer.baseAddress.map { explicit_bzero($0, count) } }
                let verdict = request.gate.consume(UnsafeRawBufferPointer(rebasing: readBuffer[..<count]))
                if let reply = request.gate.takeReply(), request.connection?.socket.write(reply) != true {
                    _ = pending.remove(descriptor)
                    return false
                }
                switch verdict {
                case .incomplete:
                    pending.recount(request)
                    while pending.bytes > limits.maxPendingBytes { evictOldest() }
                case .complete:
                    handOver(request, descriptor)
                    // There may be more, and no event would report it.
                    if count == readBuffer.count { continueConnection(descriptor) }
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

    private func handOver(_ request: PendingConnection, _ descriptor: CInt) {
        // It may stay watched: the kernel forgets it when the socket closes, and events of connections that neither wait
        // nor are kept are ignored.
        guard let connection = pending.remove(descriptor) else { return }
        do {
            if feed == nil { feed = try makeFeed() }
            try feed?.fill(with: request.gate.request)
            var fcgx = try FCGXRequest(decoding: &feed)
            let body = try fcgx.readBody(count: request.gate.stdinBytes)
            let acceptedAt = request.acceptedAt
            let head = fcgx.withParams { params in FastCGIRequest.Head(acceptedAt: acceptedAt) { params[$0] } }
            let (requestID, afterAnswer) = (request.gate.requestID, afterAnswer(to: request, on: connection))
            let writer = ResponseWriter(head: head, registry: inFlight) { document in
                connection.answer(document, to: requestID, afterAnswer)
            }
            dispatch(FastCGIRequest(head: head, body: body, bodyRefusal: request.gate.bodyRefusal), writer)
        } catch {
            // Closed without an answer: the web server reports a bad gateway.
            feed = nil
            refusals.log(logger, .error, "a complete request was lost", metadata: ["error": "\(error)"])
        }
    }

    /// Keeps the connection if the web server wants that and there is room.
    private func afterAnswer(to request: PendingConnection, on connection: Connection) -> AfterAnswer {
        guard request.gate.keepsConnection else { return .closes }
        // The rest of the body may still come.
        if request.gate.bodyRefusal == .late { return .isLast }
        // Most of the descriptors are for requests.
        guard kept.count < maxDescriptors / 4, !shutdown.isSet else { return .isLast }
        do {
            connection.requestArrived()
            if !request.isWatched { try poll.watch(connection.socket.descriptor) }
            kept.insert(connection)
            return .isKept(unless: shutdown)
        } catch {
            return .isLast
        }
    }

    private func makeFeed() throws(SystemCallError) -> RequestFeed {
        try makingRoom("cannot take a request for now") { () throws(SystemCallError) in
            try RequestFeed(capacity: limits.maxRequestBytes)
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
