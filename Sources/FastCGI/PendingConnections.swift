import DequeModule

/// A connection whose request has not arrived complete.
final class PendingConnection {
    let deadline: ContinuousClock.Instant
    var gate: ConnectionGate
    /// Whether the event poll knows it. One that arrives with its request never needs to be watched.
    var isWatched = false
    /// Nil once the connection has been handed over or closed.
    var socket: ConnectedSocket?

    init(_ socket: consuming ConnectedSocket, limits: FastCGILimits) {
        deadline = .now + limits.arrivalTimeout
        gate = ConnectionGate(limits: limits)
        self.socket = consume socket
    }
}

/// All connections that wait to become complete, by descriptor and in the order of their deadlines.
struct PendingConnections {
    private var byDescriptor: [CInt: PendingConnection] = [:]
    /// Every deadline is as long as the next, so the order of arrival is the order of expiry. Connections that have
    /// left are skipped when their turn comes.
    private var byAge: Deque<PendingConnection> = []

    var count: Int { byDescriptor.count }

    /// When the oldest one's time is up; nil if there is none.
    var nextDeadline: ContinuousClock.Instant? { byAge.first?.deadline }

    subscript(descriptor: CInt) -> PendingConnection? { byDescriptor[descriptor] }

    mutating func insert(_ connection: PendingConnection, descriptor: CInt) {
        byDescriptor[descriptor] = connection
        byAge.append(connection)
    }

    /// Takes the socket out of a connection that is leaving.
    mutating func remove(_ descriptor: CInt) -> ConnectedSocket? {
        guard let connection = byDescriptor.removeValue(forKey: descriptor) else { return nil }
        let socket = connection.socket.take()
        dropDeparted()
        return socket
    }

    /// Closes the connections whose time is up.
    ///
    /// - Returns: how many.
    mutating func closeExpired(at now: ContinuousClock.Instant) -> Int {
        var closed = 0
        while let oldest = byAge.first, oldest.deadline <= now {
            closed += closeOldest()
        }
        return closed
    }

    /// Closes the connection that has waited longest.
    ///
    /// - Returns: how many: 0 if there is none.
    @discardableResult
    mutating func closeOldest() -> Int {
        dropDeparted()
        guard let oldest = byAge.popFirst(), let descriptor = oldest.socket?.descriptor else { return 0 }
        byDescriptor[descriptor] = nil
        oldest.socket = nil
        dropDeparted()
        return 1
    }

    /// Keeps the front of the queue a connection that still waits, so that its deadline is the next one.
    private mutating func dropDeparted() {
        while let oldest = byAge.first, oldest.socket == nil { byAge.removeFirst() }
    }
}
