import ArgumentParser
import FoundationEssentials

/// Reads settings for a command; tells every problem on standard error, the first one also to the service manager
/// (`systemctl status` shows it), and ends the process with 78 if there is one.
func loadOrExit<Value>(_ load: () throws(ConfigurationError) -> Value) throws -> Value {
    do {
        return try load()
    } catch {
        StandardError.print("\(error)")
        if let problem = error.problems.first {
            ServiceManager(environment: ProcessInfo.processInfo.environment).notify(.status(problem))
        }
        throw ExitCode(ConfigurationError.exitCode)
    }
}
