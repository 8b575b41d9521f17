import ArgumentParser

/// Reads settings for a command. If there is a problem, it tells all of them on standard error, the first one also to the
/// service manager (`systemctl status` shows it), and ends the process.
func loadOrExit<Value>(
    _ load: (Environment) throws(ConfigurationError) -> Value,
    from environment: Environment = .current
) throws -> Value {
    do {
        return try load(environment)
    } catch {
        StandardError.print("\(error)")
        if let problem = error.problems.first { SystemdNotifier(environment: environment).notify(.status(problem)) }
        throw ExitCode(ConfigurationError.exitCode)
    }
}
