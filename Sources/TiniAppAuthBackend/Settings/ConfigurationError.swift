import ArgumentParser

/// All problems with the settings.
struct ConfigurationError: Error, CustomStringConvertible {
    /// The exit code by convention for a configuration error (`EX_CONFIG` in sysexits.h).
    static let exitCode: Int32 = 78

    /// One line each.
    let problems: [String]

    var description: String {
        let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
        return (["The configuration has \(count):"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}

/// Reads settings for a command; tells every problem on standard error, the first one also to the service manager
/// (`systemctl status` shows it), and ends the process with 78 if there is one.
func loadOrExit<Value>(_ load: () throws(ConfigurationError) -> Value) throws -> Value {
    do {
        return try load()
    } catch {
        StandardError.print("\(error)")
        if let problem = error.problems.first {
            SystemdNotifier(environment: .current).notify(.status(problem))
        }
        throw ExitCode(ConfigurationError.exitCode)
    }
}
