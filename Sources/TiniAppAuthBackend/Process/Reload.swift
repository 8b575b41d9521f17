import Logging
import TiniAppAuth

/// Reads the files that settings name again while requests go on: the secret, the store's password, trusted certificates.
struct Reload {
    let environment: Environment
    let systemd: SystemdNotifier
    let logger: Logger
    /// Gives the service what has been read.
    let renew: @Sendable (AuthService.Renewal) async throws -> Void

    /// Never fails: if a file is unusable, the old value stays, and the log says so.
    func run() async {
        systemd.notify(.reloading)
        defer { systemd.notify(.ready) }
        do {
            try await renew(AuthService.Renewal(Configuration(environment: environment).service))
            let hasFile = environment[Settings.name(\.clientSecretFile)] != nil
            logger.notice(
                "reloaded",
                metadata: [
                    "secret": hasFile
                        ? "read from CLIENT_SECRET_FILE" : "unchanged: it is in the environment, not in a file",
                    "certificates": environment[Settings.name(\.upstreamCAFile)] == nil
                        ? "the system's" : "read from UPSTREAM_CA_FILE",
                ]
            )
        } catch let error as ConfigurationError {
            report(error.problems.joined(separator: "; "))
        } catch {
            report("\(error)")
        }
    }

    private func report(_ problem: String) {
        logger.error(
            "not reloaded: secret, password and certificates stay as they were",
            metadata: ["error": "\(problem)"]
        )
    }
}
