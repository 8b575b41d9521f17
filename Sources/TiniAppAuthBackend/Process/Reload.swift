import Logging
import TiniAppAuth

/// Takes a new client secret and new trusted certificates from their files, while requests go on.
struct Reload {
    let environment: Environment
    let service: AuthService
    let systemd: SystemdNotifier
    let logger: Logger

    /// Never fails: if a file is unusable, the old value stays, and the log says so.
    func run() async {
        systemd.notify(.reloading)
        defer { systemd.notify(.ready) }
        do {
            try await service.reload(credentials: ClientCredentials(environment: environment))
            let hasFile = environment[Settings.clientSecretFile.name] != nil
            logger.notice(
                "reloaded",
                metadata: [
                    "secret": hasFile
                        ? "read from CLIENT_SECRET_FILE" : "unchanged: it is in the environment, not in a file",
                    "certificates": environment[Settings.upstreamCAFile.name] == nil
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
        logger.error("not reloaded: secret and certificates stay as they were", metadata: ["error": "\(problem)"])
    }
}
