import DequeModule
import Glibc
import LogThrottle
import Logging
import NIOCore
import NIOPosix
import Transport

/// Sends commands over one connection, which it opens again whenever it has ended. Lives on the event loop; only
/// ``init(_:trust:eventLoop:logger:greet:)`` can be called elsewhere, before anything else.
///
/// While the server is down, commands fail at once, and the client tries to connect from time to time.
final class RedisClient {
    /// The server's name in the log.
    private static let name = "the shared store"
    /// How many commands may wait for their reply; one more fails at once.
    private static let maxPending = 16_384

    /// Sends the first commands over a connection, after the password and the database, then says whether it can be used.
    typealias Greeting = (_ connection: RedisConnection, _ done: @escaping (RedisFailure?) -> Void) -> Void

    private enum State {
        case idle
        case opening
        case open(RedisConnection, since: NIODeadline)
        /// Waits before it tries again.
        case down
        case closed
    }

    /// A connection that ended sooner than this after it was opened counts as a failure.
    private static let good = TimeAmount.seconds(1)

    private var configuration: SharedStore.Configuration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let greet: Greeting
    private var connector: Connector?
    /// Called when a usable connection is open, and when it has ended.
    var stateDidChange: ((_ isUp: Bool) -> Void)?

    private var state = State.idle
    private var openingConnection: RedisConnection?
    /// Commands that wait for the connection.
    private var waiting: Deque<(command: RedisCommand, completion: RedisConnection.Completion)> = []
    /// Short waits: a store that is back is to be found at once, and one attempt a second costs nobody anything.
    private var backOff = BackOff(first: .milliseconds(100), longest: .seconds(1))
    private var random = SystemRandomNumberGenerator()
    /// Why the server is down.
    private var lastFailure = RedisFailure.connectionLost
    private var reachability: ReachabilityLog
    private var losses = LogThrottle()

    /// Why the connection last failed, for an operator; nil if it never has.
    private(set) var lastProblem: String?

    /// - Parameters:
    ///   - trust: for TLS; needed if the address asks for it.
    ///   - eventLoop: the one that the client lives on.
    ///   - logger: told when the server becomes unreachable, and when it is reachable again.
    init(
        _ configuration: SharedStore.Configuration,
        trust: TrustedCertificates?,
        eventLoop: any EventLoop,
        logger: Logger,
        greet: @escaping Greeting
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        self.greet = greet
        reachability = ReachabilityLog(name: Self.name, origin: "\(configuration.address)", logger: logger)
        if case .host(let host, let port, let usesTLS) = configuration.address.place {
            precondition(!usesTLS || trust != nil, "TLS without trusted certificates")
            connector = Connector(
                host: host,
                port: port,
                trust: usesTLS ? trust : nil,
                timeout: configuration.connectTimeout,
                eventLoop: eventLoop
            )
        }
    }

    /// Whether there is a connection that can be used.
    var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// Why commands fail at once: the server is down. nil if they are sent, or wait for the first connection.
    var outage: RedisFailure? {
        switch state {
        case .down: lastFailure
        case .opening where backOff.isWaiting: lastFailure
        default: nil
        }
    }

    /// When the oldest command that waits for its reply was sent; nil if there is none.
    var waitingSince: NIODeadline? {
        if case .open(let connection, _) = state { connection.waitingSince } else { nil }
    }

    /// Sends a command, over the first connection if that is being opened.
    ///
    /// - Parameter completion: called once, possibly before this returns. An error reply is a failure.
    func send(_ command: RedisCommand, _ completion: @escaping RedisConnection.Completion) {
        if let outage { return completion(.failure(outage)) }
        switch state {
        case .closed:
            completion(.failure(.closed))
        case .open(let connection, _):
            guard connection.pendingCount < Self.maxPending else { return completion(.failure(.overloaded)) }
            connection.send(command, completion)
        case .opening, .idle, .down:
            guard waiting.count < Self.maxPending else { return completion(.failure(.overloaded)) }
            waiting.append((command, completion))
            open()
        }
    }

    /// Opens the connection if there is none.
    func open() {
        guard case .idle = state else { return }
        state = .opening
        connect().assumeIsolated().whenComplete { result in
            // Closed by now if not.
            guard case .opening = self.state else {
                if case .success(let channel) = result { channel.close(promise: nil) }
                return
            }
            do {
                try self.greet(on: result.get())
            } catch {
                let failure = ConnectFailure(error, timeout: self.configuration.connectTimeout)
                self.reachability.didFail(failure)
                self.didFail(.unreachable(failure.reason), problem: failure.description)
            }
        }
    }

    /// Uses another password and other trusted certificates for later connections. An open one stays open.
    func reload(password: RedisPassword?, trust: TrustedCertificates?) {
        configuration.password = password
        if configuration.address.usesTLS { connector = connector?.trusting(trust) }
    }

    /// Closes the connection. All commands fail.
    func close() {
        if case .closed = state { return }
        let connection = current
        state = .closed
        openingConnection = nil
        failWaiting(.closed)
        connection?.end(.closed)
        connector?.close()
    }

    private var current: RedisConnection? {
        if case .open(let connection, _) = state { connection } else { openingConnection }
    }

    private func connect() -> EventLoopFuture<any Channel> {
        if let connector { return connector.connect() }
        guard case .socket(let path) = configuration.address.place else {
            preconditionFailure("a host has a connector")
        }
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .connect(unixDomainSocketPath: path)
    }

    private func greet(on channel: any Channel) throws {
        if connector != nil { keepAlive(channel) }
        let connection = try RedisConnection(channel, configuration) { [weak self] in
            self?.connectionEnded($0, $1)
        }
        openingConnection = connection
        // It may have ended already.
        guard channel.isActive else { return connection.end(.connectionLost) }
        let expectOK: RedisConnection.Completion = { [weak connection] result in
            // A failure of the connection itself has ended it already.
            switch result {
            case .success(.status("OK")): break
            case .success: connection?.end(.unexpectedReply)
            case .failure(.refused(.noPermission)): connection?.end(.notAllowed("+select"))
            case .failure(let failure): connection?.end(failure)
            }
        }
        if let password = configuration.password {
            let user = configuration.user.map { [Array($0.utf8)] } ?? []
            connection.send(RedisCommand([Array("AUTH".utf8)] + user + [Array(password.text.utf8)]), expectOK)
        }
        if configuration.address.database != 0 {
            connection.send(RedisCommand("SELECT", "\(configuration.address.database)"), expectOK)
        }
        greet(connection) { [weak self, weak connection] failure in
            guard let self, let connection, connection === openingConnection else { return }
            if let failure { connection.end(failure) } else { didOpen(connection) }
        }
    }

    /// Lets the kernel notice a peer that has vanished, even while no command is in progress.
    private func keepAlive(_ channel: any Channel) {
        guard let options = channel.syncOptions else { return }
        try? options.setOption(.socketOption(.so_keepalive), value: 1)
        for (option, seconds) in [(TCP_KEEPIDLE, 30), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3)] {
            try? options.setOption(.tcpOption(.init(rawValue: option)), value: seconds)
        }
    }

    private func didOpen(_ connection: RedisConnection) {
        openingConnection = nil
        state = .open(connection, since: .now())
        reachability.didConnect()
        let commands = waiting
        waiting = []
        // It may have ended by now; `send` checks that.
        for (command, completion) in commands { connection.send(command, completion) }
        stateDidChange?(true)
    }

    private func connectionEnded(_ connection: RedisConnection, _ failure: RedisFailure) {
        if connection === openingConnection {
            openingConnection = nil
            reachability.didFail(failure.code, failure.description)
            return didFail(failure, problem: failure.description)
        }
        guard case .open(let current, let since) = state, current === connection else { return }
        let hasServed = .now() - since >= Self.good
        if hasServed { backOff.reset() }
        if hasServed, failure == .connectionLost {
            // Servers close idle connections. The next one is opened before a command needs it.
            state = .idle
            open()
        } else {
            let fields: Logger.Metadata = ["failure": "\(failure.code)", "error": "\(failure)"]
            losses.log(logger, .warning, "lost the connection to \(Self.name)", metadata: fields)
            didFail(failure, problem: failure.description)
        }
        stateDidChange?(false)
    }

    /// Fails the waiting commands, and tries to connect again later.
    private func didFail(_ failure: RedisFailure, problem: String) {
        lastFailure = failure
        lastProblem = problem
        state = .down
        eventLoop.assumeIsolated().scheduleTask(in: backOff.wait(using: &random)) { [weak self] in
            guard let self, case .down = state else { return }
            state = .idle
            open()
        }
        failWaiting(failure)
    }

    private func failWaiting(_ failure: RedisFailure) {
        let failed = waiting
        waiting = []
        for command in failed { command.completion(.failure(failure)) }
    }
}
