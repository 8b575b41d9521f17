import ArgumentParser
import FoundationEssentials
import Logging

/// Serves until a signal ends it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer nginx on a unix socket (the default).",
        discussion: "TERM, INT and QUIT finish what is in flight and end the process; a second signal ends it at once."
    )

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let configuration = try Configuration.loadOrExit(environment)
        let logger = Logger(label: "tiniapp-auth-backend") { _ in JSONLogHandler(logLevel: configuration.logLevel) }
        do {
            try await Server(configuration, environment: environment, logger: logger).run()
        } catch {
            logger.critical("the server could not run", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }
}

extension Configuration {
    /// Reads the settings; tells every problem on standard error and exits with 78 if there is one.
    static func loadOrExit(_ environment: [String: String]) throws -> Configuration {
        do {
            return try Configuration(environment: environment)
        } catch {
            StandardError.print("\(error)")
            throw ExitCode(ConfigurationError.exitCode)
        }
    }
}
