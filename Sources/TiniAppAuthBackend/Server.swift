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
        // One event loop: one pool of connections, one table of calls in flight, no locks between them. It signs and
        // relays thousands of calls a second; a second loop would split the pool.
        let eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let doorThread = NIOThreadPool(numberOfThreads: 1)
        doorThread.start()

        let shutdown = ShutdownFlag()
        let exporter = PrometheusExporter(help: Metric.help)
        let service = try AuthService(
            configuration.service,
            eventLoop: eventLoopGroup.any(),
            logger: logger,
            metrics: exporter
        )
        let listener = try makeListener()
        logger.notice("listening", metadata: ["socket": "\(listener.path)"])
        let responder = try FastCGIResponder(
            library,
            listener: listener,
            limits: limits,
            shutdownGrace: configuration.shutdownGrace,
            shutdown: shutdown,
            handler: RequestHandler(
                service: service,
                validation: configuration.validation,
                shutdown: shutdown,
                exporter: exporter,
                log: RequestLog(logger: logger, project: configuration.googleCloudProject),
                maxBodyBytes: limits.maxStdinBytes
            ),
            logger: logger
        )

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await shutDown(responder, at: signals.terminations, telling: systemd) }
            group.addTask {
                let reload = Reload(environment: environment, service: service, systemd: systemd, logger: logger)
                for await _ in signals.hangUps { await reload.run() }
            }
            group.addTask { await HeapTrim().run() }
            if let interval = SystemdNotifier.watchdogInterval(environment) {
                let watchdog = Watchdog(
                    systemd: systemd,
                    interval: interval,
                    responder: responder,
                    eventLoop: eventLoopGroup.any()
                )
                group.addTask { await watchdog.run() }
            }
            // The listener takes connections already: they wait in its queue.
            systemd.notify(.ready)
            try await doorThread.runIfActive { try responder.serve() }
            // All requests have their answers. Those that come from Tiki now are for other instances; they get what is
            // left of the grace, which began with the shutdown.
            let elapsed = shutdown.time.map { ContinuousClock.now - $0 } ?? .zero
            try await service.close(by: .now() + TimeAmount(configuration.shutdownGrace - elapsed))
            group.cancelAll()
        }
        try await doorThread.shutdownGracefully()
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
        _ responder: FastCGIResponder,
        at signals: AsyncStream<CInt>,
        telling systemd: SystemdNotifier
    ) async {
        var isFirst = true
        for await signal in signals {
            guard isFirst else {
                LogQueue.flush()
                _exit(128 + signal)
            }
            isFirst = false
            logger.notice("shutting down", metadata: ["signal": "\(SignalTrap.name(of: signal))"])
            systemd.notify(.stopping)
            responder.shutDown()
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
