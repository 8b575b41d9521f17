import ArgumentParser
import Glibc
import Logging

/// Serves until a signal ends it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer nginx on a unix socket (the default).",
        discussion: """
            TERM, INT and QUIT finish what is in flight and end the process; a second signal ends it at once. HUP reads
            CLIENT_SECRET_FILE and UPSTREAM_CA_FILE anew.
            """
    )

    func run() async throws {
        // Until it is trapped it must not end the process; what it would have read anew is being read.
        signal(SIGHUP, SIG_IGN)
        let environment = Environment.current
        let configuration = try loadOrExit { () throws(ConfigurationError) in
            try Configuration(environment: environment)
        }
        let logger = Logger(label: "tiniapp-auth-backend") { _ -> any LogHandler in
            StandardError.isTerminal
                ? TerminalLogHandler(logLevel: configuration.logLevel)
                : JSONLogHandler(logLevel: configuration.logLevel)
        }
        logger.notice("starting", metadata: ["settings": .dictionary(configuration.effectiveSettings(environment))])
        do {
            try await Server(configuration, environment: environment, logger: logger).run()
        } catch {
            logger.critical("the server could not run", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }
}
