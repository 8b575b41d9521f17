import Foundation

/// Runs a command to its end.
package enum Command {
    /// The result of a command.
    package struct Outcome: Sendable {
        package let status: ExitStatus
        package let output: String
        package let error: String
    }

    /// Runs the command.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name to be found in `PATH`.
    ///   - environment: everything it gets besides `PATH` and `HOME`.
    ///   - input: its standard input.
    /// - Throws: ``TestSupportError`` if it cannot be started or does not end in time, whatever its exit code.
    package static func run(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        input: Data? = nil,
        timeout: Duration = .seconds(20)
    ) async throws -> Outcome {
        let directory = try ScratchDirectory()
        let process = try await ServerProcess.start(
            executable,
            arguments: arguments,
            environment: environment,
            input: input,
            in: directory,
            name: "command"
        )
        let status = try await process.waitForExit(timeout: timeout)
        return Outcome(status: status, output: process.standardOutput, error: process.standardError)
    }
}
