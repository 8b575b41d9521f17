import ArgumentParser
import Glibc
import Logging
import Synchronization

/// Serves until a signal ends it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer nginx on a unix socket (the default).",
        discussion: """
            TERM, INT and QUIT finish what is in flight and end the process; a second signal ends it at once. HUP reads
            the files again that settings name: the secret, the store's password, trusted certificates.
            """
    )

    func run() async throws {
        // A HUP that comes before ``SignalTrap`` must not end the process. Nothing is lost: the files are about to be
        // read.
        signal(SIGHUP, SIG_IGN)
        StandardError.beginQueue()
        let environment = Environment.current
        let configuration = try loadOrExit(Configuration.init(environment:), from: environment)
        let logger = Self.makeLogger(configuration, write: StandardError.write)
        StandardError.setLineAboutDropped { [configuration] count in
            let line = Mutex<[UInt8]>([])
            Self.makeLogger(configuration) { bytes in line.withLock { $0 += bytes } }
                .warning("log lines were dropped", metadata: ["count": .stringConvertible(count)])
            return line.withLock(\.self)
        }
        if CGIProgram.isMeant(by: environment) {
            return try await CGIProgram(configuration: configuration, environment: environment, logger: logger).run()
        }
        logger.notice("starting", metadata: ["settings": .dictionary(configuration.effectiveSettings(environment))])
        do {
            try await Server(configuration, environment: environment, logger: logger).run()
        } catch {
            logger.critical("the server could not run", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }

    private static func makeLogger(
        _ configuration: Configuration,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) -> Logger {
        Logger(label: "tiniapp-auth-backend") { _ in
            LineLogHandler(logLevel: configuration.logLevel, isText: configuration.logFormat.isText, write: write)
        }
    }
}
