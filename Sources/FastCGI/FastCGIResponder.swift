import Logging
import Synchronization

/// A FastCGI server in the responder role (FastCGI specification, section 6.2), on one thread.
///
/// ``serve()`` owns the sockets and never waits for a single peer. A request that has arrived complete is decoded by
/// libfcgi and given to the handler; its answer is written by whichever thread has it.
package final class FastCGIResponder: Sendable {
    /// How long a shutdown waits for the web server to close the connections that it keeps. Ours takes half a second
    /// (`keepalive_timeout` in nginx's upstream); one that takes longer must not hold the shutdown up.
    private static let keptConnectionsGrace = Duration.seconds(2)

    private let handler: any FastCGIHandler
    private let limits: FastCGILimits
    private let shutdownGrace: Duration
    private let logger: Logger
    private let inFlight = InFlightRequests()
    private let wakeUp: WakeUp
    private let shutdown: ShutdownFlag
    private let listener: Mutex<ListeningSocket?>
    private let turnObservers = TurnObservers()

    /// - Parameters:
    ///   - library: libfcgi, started.
    ///   - listener: where to accept connections; closed when serving ends, or at the start of a shutdown.
    ///   - limits: how much of each resource a peer may use.
    ///   - shutdownGrace: how long a shutdown waits for what is in flight.
    ///   - shutdown: set when ``shutDown()`` is called.
    ///   - handler: answers the requests.
    ///   - logger: for what happens to connections, never for what they carry.
    /// - Throws: ``FastCGIError/eventLoop(_:)`` if the kernel has no eventfd for it.
    package init(
        _ library: FastCGILibrary,
        listener: consuming sending ListeningSocket,
        limits: FastCGILimits,
        shutdownGrace: Duration,
        shutdown: ShutdownFlag,
        handler: any FastCGIHandler,
        logger: Logger
    ) throws(FastCGIError) {
        do { wakeUp = try WakeUp() } catch { throw .eventLoop(error) }
        self.listener = Mutex(listener)
        self.limits = limits
        self.shutdownGrace = shutdownGrace
        self.shutdown = shutdown
        self.handler = handler
        self.logger = logger
    }

    /// Serves until ``shutDown()`` has been called and what was in flight has been answered, or the grace is over.
    /// Blocks its thread; to be called once.
    ///
    /// - Throws: ``FastCGIError/eventLoop(_:)`` if the kernel refuses to wait for events.
    package func serve() throws(FastCGIError) {
        guard let listener = listener.withLock({ $0.take() }) else { return }
        defer { turnObservers.end() }
        do {
            let door = try FrontDoor(
                listener: listener,
                wakeUpDescriptor: wakeUp.descriptor,
                inFlight: inFlight,
                shutdown: shutdown,
                handler: handler,
                limits: limits,
                logger: logger
            )
            while !shutdown.isSet { try turn(door, until: nil) }
            try drain(door)
        } catch {
            throw .eventLoop(error)
        }
    }

    /// Begins the shutdown: no more connections are accepted, and ``serve()`` returns when the rest is done.
    /// May be called from any thread, and more than once.
    package func shutDown() {
        shutdown.set()
        wakeUp.signal()
    }

    /// Calls the function when the serving thread has been round once more, so has shown that it does not hang; at once
    /// if serving has ended. May be called from any thread.
    package func onNextTurn(_ body: @escaping @Sendable () -> Void) {
        turnObservers.add(body)
        wakeUp.signal()
    }

    private func turn(_ door: FrontDoor, until deadline: ContinuousClock.Instant?) throws(SystemCallError) {
        try door.turn(until: deadline)
        turnObservers.notify()
    }

    private func drain(_ door: FrontDoor) throws(SystemCallError) {
        let deadline = ContinuousClock.now + shutdownGrace
        // Each answer from now on is the last on its connection, so these end. Until then others come in as before.
        let lastRequests = min(deadline, ContinuousClock.now + Self.keptConnectionsGrace)
        while door.keptCount > 0, ContinuousClock.now < lastRequests { try turn(door, until: lastRequests) }
        inFlight.notifyWhenEmpty { [weak self] in self?.wakeUp.signal() }
        door.stopAccepting()
        while door.pendingCount > 0 || inFlight.count > 0, ContinuousClock.now < deadline {
            try turn(door, until: deadline)
        }
        let unfinished = inFlight.all
        for writer in unfinished {
            writer.send(handler.refuse(writer.head, because: .shuttingDown))
        }
        if !unfinished.isEmpty {
            logger.error(
                "requests refused at the end of the shutdown grace",
                metadata: ["count": "\(unfinished.count)"]
            )
        }
    }
}
