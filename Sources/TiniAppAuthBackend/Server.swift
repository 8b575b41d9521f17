import FastCGI
import Glibc
import Logging
import NIOCore
import NIOPosix
import TiniAppAuth

/// Puts the parts together, runs them, and stops them in order.
struct Server {
    private let configuration: Configuration
    private let environment: Environment
    private let logger: Logger

    init(_ configuration: Configuration, environment: Environment, logger: Logger) {
        self.configuration = configuration
        self.environment = environment
        self.logger = logger
    }

    /// Serves until a signal comes and what was in flight is finished.
    ///
    /// - Throws: if it cannot serve: an error of the socket, or of the trusted certificates.
    func run() async throws {
        let systemd = SystemdNotifier(environment: environment)
        // Before there is a socket: once we listen, we may be told to stop.
        let library = try FastCGILibrary()
        let signals = try SignalTrap.set()

        let limits = raisedToDescriptorLimit(configuration.limits)
        // One event loop, and so no locks: one pool of connections, one table of calls in flight. It serves thousands of
        // requests a second.
        let eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = eventLoopGroup.any()
        let parts = try await eventLoop.submit {
            let handler = try RequestHandler(configuration, eventLoop: eventLoop, logger: logger)
            let listener = try makeListener()
            logger.notice("listening", metadata: ["socket": "\(listener.path)"])
            let front = try FastCGIServer(
                library,
                listener: listener,
                limits: limits,
                shutdownGrace: configuration.shutdownGrace,
                handler: handler,
                eventLoop: eventLoop,
                logger: logger
            )
            return NIOLoopBound((front, handler), eventLoop: eventLoop)
        }.get()

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await shutDown(at: signals.terminations, telling: systemd) {
                    eventLoop.execute {
                        let (front, handler) = parts.value
                        handler.isShuttingDown = true
                        front.shutDown()
                    }
                }
            }
            group.addTask {
                let reload = Reload(environment: environment, systemd: systemd, logger: logger) { renewal in
                    try await eventLoop.submit { parts.value.1.service.renew(renewal) }.get()
                }
                for await _ in signals.hangUps { await reload.run() }
            }
            group.addTask { await HeapTrim().run() }
            if let interval = SystemdNotifier.watchdogInterval(environment) {
                let watchdog = Watchdog(systemd: systemd, interval: interval, eventLoop: eventLoop)
                group.addTask { await watchdog.run() }
            }
            // The listener takes connections already: they wait in its queue.
            systemd.notify(.ready)
            // After this all requests have been answered. Answers that Tiki gives later are for other instances. They
            // are waited for until the grace, which began with the shutdown, is over.
            let graceEnds = try await eventLoop.flatSubmit { parts.value.0.end }.get()
            try await eventLoop.flatSubmit { parts.value.1.service.close(by: graceEnds) }.get()
            group.cancelAll()
        }
        try await eventLoopGroup.shutdownGracefully()
        logger.notice("stopped")
    }

    private func makeListener() throws -> ListeningSocket {
        if let inherited = try ListeningSocket.adopt(
            listenPID: environment["LISTEN_PID"],
            listenFDs: environment["LISTEN_FDS"]
        ) {
            return inherited
        }
        if let passed = try ListeningSocket.adoptStandardInput() { return passed }
        return try ListeningSocket.open(path: configuration.listenSocket)
    }

    /// The first signal begins the shutdown; the second ends the process at once.
    private func shutDown(
        at signals: AsyncStream<CInt>,
        telling systemd: SystemdNotifier,
        _ begin: @Sendable () -> Void
    ) async {
        var isFirst = true
        for await signal in signals {
            guard isFirst else {
                StandardError.flush()
                _exit(128 + signal)
            }
            isFirst = false
            logger.notice("shutting down", metadata: ["signal": "\(SignalTrap.name(of: signal))"])
            systemd.notify(.stopping)
            begin()
        }
    }

    /// Raises the process's limit of descriptors as far as it may go, and keeps requests in flight, which take two
    /// each, within it.
    private func raisedToDescriptorLimit(_ limits: FastCGILimits) -> FastCGILimits {
        var limits = limits
        guard let descriptors = DescriptorLimit.raise() else { return limits }
        let affordable = descriptors.forConnections / 2
        if affordable < limits.maxInFlight {
            logger.warning(
                "fewer requests in flight than MAX_IN_FLIGHT: the limit of open files is too low",
                metadata: ["open_files": "\(descriptors.count)", "in_flight": "\(affordable)"]
            )
            limits.maxInFlight = affordable
        }
        return limits
    }
}
