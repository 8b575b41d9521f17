import DequeModule

/// A connection without a complete request.
final class PendingConnection {
    /// When it was accepted; where it is kept, when the first bytes of this request came.
    let acceptedAt = ContinuousClock.now
    let deadline: ContinuousClock.Instant
    var gate: ConnectionGate
    /// Its share of ``PendingConnections/bytes``.
    var countedBytes = 0
    /// Nil once the connection has been handed over or closed.
    var connection: Connection?
    /// Whether the kernel tells the front door when more arrives.
    var isWatched: Bool

    init(_ connection: Connection, isWatched: Bool = false, limits: FastCGILimits) {
        deadline = acceptedAt + limits.arrivalTimeout
        gate = ConnectionGate(limits: limits)
        self.connection = connection
        self.isWatched = isWatched
    }
}

/// All connections that wait to become complete, by descriptor and in the order of their deadlines.
struct PendingConnections {
    /// A connection's place in the order of arrival. Not the connection itself: places are removed from the front only, and
    /// would keep the bytes of requests that have long been answered.
    private struct Place {
        let number: UInt64
        let descriptor: CInt
        let deadline: ContinuousClock.Instant
    }

    private var byDescriptor: [CInt: (number: UInt64, connection: PendingConnection)] = [:]
    /// All wait equally long, so the order of arrival is the order of expiry. Places whose connections have left are
    /// skipped when they come to the front, or removed when they are the majority.
    private var byAge: Deque<Place> = []
    private var arrivals: UInt64 = 0

    var count: Int { byDescriptor.count }

    /// Bytes that have arrived and wait for the rest of their request.
    private(set) var bytes = 0

    /// When the oldest connection expires; nil if there are no connections.
    var nextDeadline: ContinuousClock.Instant? { byAge.first?.deadline }

    subscript(descriptor: CInt) -> PendingConnection? { byDescriptor[descriptor]?.connection }

    mutating func insert(_ connection: PendingConnection, descriptor: CInt) {
        arrivals += 1
        byDescriptor[descriptor] = (arrivals, connection)
        byAge.append(Place(number: arrivals, descriptor: descriptor, deadline: connection.deadline))
    }

    /// Counts what a connection has received since the last time.
    mutating func recount(_ connection: PendingConnection) {
        bytes += connection.gate.request.count - connection.countedBytes
        connection.countedBytes = connection.gate.request.count
    }

    /// Takes out a connection that is leaving. Nobody else has it, so it closes if the caller drops it.
    mutating func remove(_ descriptor: CInt) -> Connection? {
        guard let (_, connection) = byDescriptor.removeValue(forKey: descriptor) else { return nil }
        bytes -= connection.countedBytes
        dropDeparted()
        return connection.connection.take()
    }

    /// The oldest connection if its time is up; to be removed by the caller.
    func expired(at now: ContinuousClock.Instant) -> (descriptor: CInt, connection: PendingConnection)? {
        guard let oldest = byAge.first, oldest.deadline <= now else { return nil }
        return byDescriptor[oldest.descriptor].map { (oldest.descriptor, $0.connection) }
    }

    /// Closes the connection that has waited longest.
    mutating func closeOldest() {
        if let oldest = byAge.first { _ = remove(oldest.descriptor) }
    }

    /// Makes sure that the queue begins with a connection that still waits, so that its deadline is the next one.
    private mutating func dropDeparted() {
        while let oldest = byAge.first, !isWaiting(oldest) { byAge.removeFirst() }
        if byAge.count > 2 * byDescriptor.count + 64 { byAge = Deque(byAge.filter(isWaiting)) }
    }

    /// Descriptors are used again; these numbers are not.
    private func isWaiting(_ place: Place) -> Bool { byDescriptor[place.descriptor]?.number == place.number }
}
