import Logging
import NIOCore
import Transport

/// The kept connections to one origin, and the calls that wait for one. Lives on the event loop.
///
/// A call gets a connection only when one is open; only then are its bytes made, and written at once. So its signature
/// is never old, and a call that fails earlier was never sent.
final class UpstreamPool {
    private let origin: UpstreamURL.Origin
    private let configuration: UpstreamClient.Configuration
    private let eventLoop: any EventLoop
    private let timers: CoarseTimers
    private let metrics: UpstreamMetrics
    private var reachability: ReachabilityLog
    private var connector: Connector

    private var connections: [ObjectIdentifier: UpstreamConnection] = [:]
    private var counts = ConnectionCounts()
    /// The last used is at the end and is taken first, so that surplus ones time out.
    private var idle: [UpstreamConnection] = []
    /// Connections that have answered, and are checked once more before reuse.
    private var settling: [UpstreamConnection] = []
    private var reuse = ReuseDelay()
    private var warm: WarmConnections
    private var warmTimer: Scheduled<Void>?
    private var random = SystemRandomNumberGenerator()
    /// Calls that wait for a connection.
    private var waiting = CallQueue()
    /// Calls whose deadline has passed and whose answer may still come.
    private var late = CallQueue()
    private var isClosed = false

    init(
        origin: UpstreamURL.Origin,
        configuration: UpstreamClient.Configuration,
        trust: UpstreamTrust,
        eventLoop: any EventLoop,
        timers: CoarseTimers,
        logger: Logger,
        metrics: UpstreamMetrics
    ) {
        self.origin = origin
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.timers = timers
        self.metrics = metrics
        reachability = ReachabilityLog(name: configuration.name, origin: "\(origin)", logger: logger)
        warm = WarmConnections(target: configuration.warmConnections)
        connector = Connector(
            host: origin.host,
            port: origin.port,
            trust: origin.usesTLS ? trust.certificates : nil,
            timeout: configuration.connectTimeout,
            eventLoop: eventLoop
        )
    }

    /// Sends the call on an idle connection, else opens one, else lets it wait for one.
    func dispatch(_ call: UpstreamCall) {
        guard !isClosed else {
            call.finish(.failure(.closed))
            return
        }
        guard !call.isOverdue else {
            call.finish(.failure(.timeout))
            return
        }
        var unread: [UpstreamConnection] = []
        defer { idle += unread }
        while let connection = idle.popLast() {
            let peerState = connection.peerState
            // The event loop will read the bytes, and close the connection if they are stray.
            if mayHoldStrayBytes(connection, peerState) {
                unread.append(connection)
                continue
            }
            if send(call, on: connection, peerState) { return }
            guard call.maySendAgain(after: .notWritten) else { return }
        }
        waiting.append(call)
        openIfNeeded()
    }

    /// Gives an open connection to the call that waits longest.
    ///
    /// - Returns: whether the connection is still free, since no call waits.
    func offer(_ connection: UpstreamConnection) -> Bool {
        // The usual case, without a system call.
        if waiting.isEmpty { return !isClosed }
        let peerState = connection.peerState
        if mayHoldStrayBytes(connection, peerState) { return !isClosed }
        guard let call = nextWaiting() else { return !isClosed }
        if !send(call, on: connection, peerState) { dispatch(call) }
        return false
    }

    /// Opens connections within the limit: first one for each call that waits, also while warm ones are being opened, since
    /// these may hang; then warm ones.
    func openIfNeeded() {
        guard !isClosed else { return }
        while counts.connecting < waiting.count - settling.count, counts.total < configuration.maxConnections {
            open(isWarm: false)
        }
        // A late answer may never come, and a waiting call needs the connection.
        if counts.connecting < waiting.count - settling.count, let oldest = late.popFirst() { oldest.abandon() }
        for _ in 0..<warm.missing(counts, limit: configuration.maxConnections) { open(isWarm: true) }
    }

    /// Notes that a call's deadline has passed and that its connection is kept for a late answer.
    func didBecomeLate(_ call: UpstreamCall) {
        late.append(call)
        openIfNeeded()
    }

    /// Uses other trusted certificates from now on: calls no longer begin on connections opened before.
    func reload(_ trust: UpstreamTrust) {
        connector = connector.trusting(origin.usesTLS ? trust.certificates : nil)
        for connection in connections.values { connection.retire() }
    }

    /// Closes all connections; calls that wait or are in progress fail.
    func close() {
        isClosed = true
        warmTimer?.cancel()
        while let call = nextWaiting() { call.finish(.failure(.closed)) }
        for connection in connections.values { connection.close(.closed) }
        connector.close()
    }

    /// Whether bytes have arrived that could be taken for the next call's answer. A new TLS connection has its tickets.
    private func mayHoldStrayBytes(_ connection: UpstreamConnection, _ peerState: UpstreamChannel.PeerState) -> Bool {
        peerState == .hasSentBytes && (connection.state.hasServed || !origin.usesTLS)
    }

    /// The call that has waited longest. Overdue calls end here: they must not be sent any more.
    private func nextWaiting() -> UpstreamCall? {
        while let call = waiting.popFirst() {
            if !call.isOverdue { return call }
            call.finish(.failure(.timeout))
        }
        return nil
    }

    /// - Returns: false if the connection turned out to be closed, so that nothing was sent.
    private func send(
        _ call: UpstreamCall,
        on connection: UpstreamConnection,
        _ peerState: UpstreamChannel.PeerState
    ) -> Bool {
        connection.send(call, at: configuration.clock(), peerState)
    }

    private func open(isWarm: Bool) {
        let connection = UpstreamConnection(
            owner: self,
            isWarm: isWarm,
            maxAnswerBytes: configuration.maxAnswerBytes,
            timers: timers
        )
        connections[ObjectIdentifier(connection)] = connection
        connector.connect().assumeIsolated().whenComplete { result in
            do {
                try connection.open(on: result.get())
            } catch {
                return self.didFailToOpen(connection, error)
            }
            self.metrics.didOpenConnection()
            self.reachability.didConnect()
            self.connectionIsFree(connection)
        }
    }

    private func didFailToOpen(_ connection: UpstreamConnection, _ error: any Error) {
        // Otherwise it was closed while connecting, which is not the server's failure.
        guard connection.state.phase == .connecting else { return }
        let failure = ConnectFailure(error, timeout: configuration.connectTimeout)
        reachability.didFail(failure)
        openWarmLater()
        // A call fails with the connection that was opened for it, unless another has served that call.
        let call = connection.state.isWarm || waiting.count < counts.connecting ? nil : nextWaiting()
        connection.close()
        call?.finish(.failure(.unreachable(failure.reason)))
    }

    /// Waits a while before it opens warm connections again.
    private func openWarmLater() {
        guard let time = warm.didFail(using: &random) else { return }
        warmTimer = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.warm.retry()
            self?.openIfNeeded()
        }
    }
}

extension UpstreamPool: UpstreamConnectionOwner {
    func connection(
        _ connection: UpstreamConnection,
        movedFrom old: ConnectionCounts.Kind?,
        to new: ConnectionCounts.Kind?
    ) {
        counts.move(from: old, to: new)
        metrics.connection(from: old, to: new)
    }

    func connectionHasAnswered(_ connection: UpstreamConnection) {
        warm.didServe()
        if let delay = reuse.delay(at: .now()) {
            _ = timers.set(.now() + delay) { self.settle([connection]) }
            return
        }
        settling.append(connection)
        guard settling.count == 1 else { return }
        // Not at once, but when the event loop has dealt with all that has arrived: the server may have closed.
        eventLoop.assumeIsolated().execute {
            let connections = self.settling
            self.settling.removeAll(keepingCapacity: true)
            self.settle(connections)
        }
    }

    private func settle(_ connections: [UpstreamConnection]) {
        for connection in connections where connection.settle() { connectionIsFree(connection) }
    }

    /// Takes a connection that is idle now.
    private func connectionIsFree(_ connection: UpstreamConnection) {
        guard let openedAt = connection.openedAt,
            let time = IdleTime.limit(
                age: .now() - openedAt,
                keepAlive: connection.keepAlive,
                jitter: connection.jitter,
                isSurplus: counts.ready > max(IdleTime.spares, warm.target)
            )
        else { return connection.close() }
        guard offer(connection) else { return }
        idle.append(connection)
        connection.expire(after: time)
        openIfNeeded()
    }

    func connectionEnded(_ connection: UpstreamConnection, _ cause: UpstreamConnection.EndCause) {
        connections[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
        settling.removeAll { $0 === connection }
        if cause != .closedByUs { reuse.serverDidClose(answeredAt: connection.answeredAt, at: .now()) }
        if let openedAt = connection.openedAt { warm.didEnd(after: .now() - openedAt) }
        if cause == .failed { openWarmLater() }
        openIfNeeded()
    }

    func sendAgain(_ call: UpstreamCall) { dispatch(call) }
}
