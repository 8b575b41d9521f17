import DequeModule
import Logging
import NIOCore
import NIOHTTP1

/// The kept connections to one origin, and the calls that wait for one. Lives on the event loop.
///
/// A call gets a connection only when there is one in hand that is open; it is signed then, and written at once. So
/// a signature is never aged by waiting, and a call that fails before that was never sent.
final class UpstreamPool {
    /// How long a connection is kept without a call. Servers commonly wait longer before they close: nginx 75 s,
    /// load balancers 60 s. What a server says of itself, in `Keep-Alive`, counts if it is less.
    static let idleTime = TimeAmount.seconds(15)

    private let origin: UpstreamURL.Origin
    private let configuration: UpstreamClient.Configuration
    private let connector: UpstreamConnector
    private let signer: RequestSigner
    private let eventLoop: any EventLoop
    private let skew: ClockSkewMonitor
    private let logger: Logger

    /// The one used last is at the end, and is taken first: those that are not needed time out.
    private var idle: [UpstreamConnection] = []
    private var waiting: Deque<UpstreamCall> = []
    /// Connections that are being opened.
    private var opening = 0
    /// Connections that are open.
    private var open: [ObjectIdentifier: UpstreamConnection] = [:]
    private var isClosed = false
    /// Whether the last connection could not be opened. The log tells when that changes, not each time: an outage is
    /// one thing to know about.
    private var isUnreachable = false

    init(
        origin: UpstreamURL.Origin,
        configuration: UpstreamClient.Configuration,
        signer: RequestSigner,
        eventLoop: any EventLoop,
        logger: Logger,
        skew: ClockSkewMonitor
    ) throws {
        self.origin = origin
        self.configuration = configuration
        connector = try UpstreamConnector(
            origin: origin,
            caFile: configuration.caFile,
            timeout: configuration.connectTimeout,
            eventLoop: eventLoop
        )
        self.signer = signer
        self.eventLoop = eventLoop
        self.logger = logger
        self.skew = skew
    }

    /// Sends the call on an idle connection, else opens one, else lets it wait for one.
    func dispatch(_ call: UpstreamCall) {
        guard !isClosed else { return call.finish(.failure(.closed)) }
        if let connection = takeIdle() { return send(call, on: connection) }
        waiting.append(call)
        openIfNeeded()
    }

    /// Takes a connection back whose call has been answered.
    ///
    /// - Parameter limit: how long the server keeps it, if it says so.
    func release(_ connection: UpstreamConnection, idleFor limit: TimeAmount?) {
        let time = min(Self.idleTime, limit.map { $0 - .seconds(1) } ?? Self.idleTime)
        guard !isClosed, connection.isUsable, time > .zero else { return connection.close() }
        if let call = nextWaiting() {
            send(call, on: connection)
        } else {
            idle.append(connection)
            connection.closeWhenIdle(for: time)
        }
    }

    /// Forgets a connection that has ended.
    func remove(_ connection: UpstreamConnection) {
        open[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
        openIfNeeded()
    }

    /// Looks at an answer's `Date`.
    func observe(_ head: HTTPResponseHead, of call: UpstreamCall) {
        if let date = head.headers.first(name: "Date") { skew.observe(date, sentAt: call.sentAt) }
    }

    /// Closes all connections; calls that wait or are under way fail.
    func close() {
        isClosed = true
        while let call = nextWaiting() { call.finish(.failure(.closed)) }
        for connection in open.values { connection.fail(.closed) }
    }

    private func takeIdle() -> UpstreamConnection? {
        while let connection = idle.popLast() {
            if connection.isUsable { return connection }
            connection.close()
        }
        return nil
    }

    private func nextWaiting() -> UpstreamCall? {
        while let call = waiting.popFirst() {
            if !call.isFinished { return call }
        }
        return nil
    }

    private func send(_ call: UpstreamCall, on connection: UpstreamConnection) {
        call.sentAt = configuration.clock()
        let signature = signer.sign(call.body, timestamp: call.sentAt)
        var headers = HTTPHeaders([
            ("Host", origin.authority),
            ("Content-Type", "application/json"),
            ("Content-Length", String(call.body.count)),
            ("Accept", "application/json"),
            ("User-Agent", "tiniapp-auth-backend"),
        ])
        headers.add(contentsOf: signature.headers.map { ($0.name, $0.value) })
        connection.send(call, headers: headers)
    }

    /// Opens connections until there is one coming for each call that waits, or the limit is reached.
    private func openIfNeeded() {
        // Calls expire in the order in which they came, so those that no longer wait are at the front.
        while waiting.first?.isFinished == true { waiting.removeFirst() }
        while !isClosed, opening < waiting.count, opening + open.count < configuration.maxConnections {
            opening += 1
            connector.connect().assumeIsolated().whenComplete { result in
                self.opening -= 1
                do {
                    try self.didOpen(result.get())
                } catch {
                    self.didFailToOpen(error)
                }
            }
        }
    }

    private func didOpen(_ channel: any Channel) throws {
        let connection = UpstreamConnection(
            channel: channel,
            pool: self,
            maxAnswerBytes: configuration.maxAnswerBytes
        )
        do {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(connection)
            guard !isClosed, connection.isUsable else { throw ChannelError.eof }
        } catch {
            channel.close(promise: nil)
            throw error
        }
        if isUnreachable {
            isUnreachable = false
            logger.notice("connected to Tiki again", metadata: ["origin": "\(origin)"])
        }
        open[ObjectIdentifier(connection)] = connection
        release(connection, idleFor: nil)
    }

    private func didFailToOpen(_ error: any Error) {
        if !isUnreachable {
            isUnreachable = true
            logger.error("cannot connect to Tiki", metadata: ["origin": "\(origin)", "error": "\(error)"])
        }
        // Calls in excess of the connections that are still being opened: those have lost theirs.
        if waiting.count > opening, let call = nextWaiting() { call.finish(.failure(.unreachable)) }
        openIfNeeded()
    }
}
