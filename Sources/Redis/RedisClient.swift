import DequeModule
import Glibc
import LogThrottle
import Logging
import NIOCore
import NIOPosix
import Transport

/// Sends commands over one connection, which it opens for the first command and reopens after it has ended. Lives on
/// the event loop; only ``init(_:trust:eventLoop:logger:)`` can be called elsewhere, before anything else.
///
/// While the server is down, commands fail at once, and the client tries to connect from time to time.
package final class RedisClient {
    package struct Configuration: Sendable {
        package var address: RedisAddress
        /// nil for the default user.
        package var user: String?
        package var password: RedisPassword?
        /// For a command, from ``RedisClient/send(_:_:)`` to its reply.
        package var timeout = TimeAmount.milliseconds(250)
        /// For a connection: name, TCP, TLS, password, greeting.
        package var connectTimeout = TimeAmount.seconds(2)
        /// Bytes of one reply.
        package var maxReplyBytes = 262_144
        /// How many commands may wait for their reply; one more fails at once.
        package var maxPending = 16_384
        /// The server's name in the log.
        package var name = "Redis"

        package init(_ address: RedisAddress) {
            self.address = address
        }
    }

    /// Sends the first commands over a connection, then says whether it can be used.
    package typealias Greeting = (
        _ connection: RedisConnection, _ deadline: NIODeadline, _ done: @escaping (RedisFailure?) -> Void
    ) -> Void

    private enum State {
        /// There is no connection yet, or the last one ended after it had served; the next command opens one.
        case idle
        /// The number tells this attempt from others.
        case opening(Int)
        case open(RedisConnection, since: NIODeadline)
        /// Waits before it tries again.
        case down
        case closed
    }

    private struct Waiting {
        let command: () -> RedisCommand
        let deadline: NIODeadline
        let completion: RedisConnection.Completion
    }

    private var configuration: Configuration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private var connector: Connector?
    /// Called on each new connection, after the password and the database.
    package var greet: Greeting?
    /// Called when a usable connection is open, and when it has ended.
    package var stateDidChange: ((_ isUp: Bool) -> Void)?

    private var state = State.idle
    private var attempts = 0
    private var openingConnection: RedisConnection?
    private var waiting: Deque<Waiting> = []
    private var isTimerSet = false
    private var backOff = RedisBackOff()
    private var random = SystemRandomNumberGenerator()
    /// Why the server is down.
    private var lastFailure = RedisFailure.connectionLost
    private var reachability: ReachabilityLog
    private var losses = LogThrottle()

    /// Why the connection last failed, for an operator; nil if it never has.
    package private(set) var lastProblem: String?

    /// - Parameters:
    ///   - trust: for TLS; needed if the address asks for it.
    ///   - eventLoop: the one that the client lives on.
    ///   - logger: told when the server becomes unreachable, and when it is reachable again.
    package init(
        _ configuration: Configuration,
        trust: TrustedCertificates?,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        reachability = ReachabilityLog(
            name: configuration.name,
            origin: "\(configuration.address)",
            logger: logger
        )
        if case .host(let host, let port, let usesTLS) = configuration.address.place {
            precondition(!usesTLS || trust != nil, "TLS without trusted certificates")
            connector = Connector(
                host: host,
                port: port,
                trust: usesTLS ? trust : nil,
                timeout: configuration.connectTimeout,
                eventLoop: eventLoop
            )
        } else {
            connector = nil
        }
    }

    /// Sends a command, over a new connection if there is none.
    ///
    /// - Parameters:
    ///   - command: made right before it is written, once there is a connection.
    ///   - completion: called once, possibly before this returns. An error reply is a failure.
    package func send(
        _ command: @autoclosure @escaping () -> RedisCommand,
        _ completion: @escaping RedisConnection.Completion
    ) {
        let deadline = NIODeadline.now() + configuration.timeout
        switch state {
        case .closed:
            completion(.failure(.closed))
        case .open(let connection, _):
            guard connection.pendingCount < configuration.maxPending else { return completion(.failure(.overloaded)) }
            connection.send(command(), deadline: deadline, completion)
        case .down:
            completion(.failure(lastFailure))
        case .opening where backOff.isDown:
            completion(.failure(lastFailure))
        case .opening, .idle:
            guard waiting.count < configuration.maxPending else { return completion(.failure(.overloaded)) }
            waiting.append(Waiting(command: command, deadline: deadline, completion: completion))
            setTimer()
            open()
        }
    }

    /// Opens the connection if there is none, without a command.
    package func open() {
        guard case .idle = state else { return }
        attempts += 1
        let attempt = attempts
        state = .opening(attempt)
        let deadline = NIODeadline.now() + configuration.connectTimeout
        connect().assumeIsolated().whenComplete { result in
            guard case .opening(let current) = self.state, current == attempt else {
                if case .success(let channel) = result { channel.close(promise: nil) }
                return
            }
            do {
                try self.greet(on: result.get(), deadline)
            } catch {
                let failure = ConnectFailure(error, timeout: self.configuration.connectTimeout)
                self.reachability.didFail(failure)
                self.didFail(.unreachable(failure.reason), problem: failure.description)
            }
        }
    }

    /// Uses another password and other trusted certificates for later connections. An open one stays open.
    package func reload(password: RedisPassword?, trust: TrustedCertificates?) {
        configuration.password = password
        if configuration.address.usesTLS { connector = connector?.trusting(trust) }
    }

    /// Closes the connection. All commands fail.
    package func close() {
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

    private func greet(on channel: any Channel, _ deadline: NIODeadline) throws {
        if connector != nil { keepAlive(channel) }
        let connection = try RedisConnection(channel, maxReplyBytes: configuration.maxReplyBytes) { [weak self] in
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
            case .failure(let failure): connection?.end(failure)
            }
        }
        if let password = configuration.password {
            let user = configuration.user.map { [Array($0.utf8)] } ?? []
            let command = RedisCommand([Array("AUTH".utf8)] + user + [Array(password.text.utf8)])
            connection.send(command, deadline: deadline, expectOK)
        }
        if configuration.address.database != 0 {
            connection.send(RedisCommand("SELECT", "\(configuration.address.database)"), deadline: deadline, expectOK)
        }
        let done: (RedisFailure?) -> Void = { [weak self, weak connection] failure in
            guard let self, let connection, connection === openingConnection else { return }
            if let failure { connection.end(failure) } else { didOpen(connection) }
        }
        if let greet {
            greet(connection, deadline, done)
        } else {
            // Checks that it is Redis at all, and lets us in.
            connection.send(RedisCommand("PING"), deadline: deadline) { result in
                switch result {
                case .success(.status("PONG")): done(nil)
                case .success: done(.unexpectedReply)
                case .failure(let failure): done(failure)
                }
            }
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
        stateDidChange?(true)
        let commands = waiting
        waiting = []
        // It may have ended by now; `send` checks that.
        for command in commands { connection.send(command.command(), deadline: command.deadline, command.completion) }
    }

    private func connectionEnded(_ connection: RedisConnection, _ failure: RedisFailure) {
        if connection === openingConnection {
            openingConnection = nil
            reachability.didFail(failure.code, failure.description)
            return didFail(failure, problem: failure.description)
        }
        guard case .open(let current, let since) = state, current === connection else { return }
        stateDidChange?(false)
        let hasServed = .now() - since >= RedisBackOff.good
        if hasServed { backOff.didServe() }
        if hasServed, failure == .connectionLost {
            state = .idle
        } else {
            let fields: Logger.Metadata = ["failure": "\(failure.code)", "error": "\(failure)"]
            losses.log(logger, .warning, "lost the connection to \(configuration.name)", metadata: fields)
            didFail(failure, problem: failure.description)
        }
    }

    /// Fails the waiting commands, and tries to connect again later.
    private func didFail(_ failure: RedisFailure, problem: String) {
        lastFailure = failure
        lastProblem = problem
        state = .down
        eventLoop.assumeIsolated().scheduleTask(in: backOff.didFail(using: &random)) { [weak self] in
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

    /// Fails commands whose deadline passes while the connection is being opened.
    private func setTimer() {
        guard !isTimerSet, let first = waiting.first else { return }
        isTimerSet = true
        eventLoop.assumeIsolated().scheduleTask(deadline: first.deadline) { [weak self] in
            guard let self else { return }
            isTimerSet = false
            while let first = waiting.first, first.deadline <= .now() {
                waiting.removeFirst()
                first.completion(.failure(.timeout))
            }
            setTimer()
        }
    }
}
