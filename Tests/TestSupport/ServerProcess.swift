import Foundation
import Glibc

/// A process that a test starts, watches and stops.
///
/// It gets the given environment, `PATH` and `HOME`, and three descriptors, and does not outlive the test process.
package final class ServerProcess: Sendable {
    private let child: ChildProcess
    private let directory: ScratchDirectory
    private let name: String
    private let deathSignal: DeathSignal

    private init(_ child: ChildProcess, _ directory: ScratchDirectory, name: String, deathSignal: DeathSignal) {
        self.child = child
        self.deathSignal = deathSignal
        self.directory = directory
        self.name = name
    }

    deinit {
        child.signal(deathSignal.number)
    }

    /// Starts an executable.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name to be found in `PATH`.
    ///   - environment: everything it gets besides `PATH` and `HOME`.
    ///   - input: its standard input.
    ///   - directory: where its output is kept, in `NAME.out` and `NAME.err`.
    ///   - name: its name there and in errors. A second process with the same name replaces the first one's output.
    ///   - inherited: a listening socket that it gets as systemd would pass it: descriptor 3, with `LISTEN_FDS` and
    ///     `LISTEN_PID`. It stays open here.
    ///   - deathSignal: the signal that it gets if the test process ends without stopping it.
    package static func start(
        _ executable: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        input: Data? = nil,
        in directory: ScratchDirectory,
        name: String,
        inheriting inherited: CInt? = nil,
        deathSignal: DeathSignal = .kill
    ) async throws -> ServerProcess {
        let kept = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
        var plan = ChildProcess.Plan(
            arguments: [executable] + arguments,
            environment: kept.merging(environment) { _, given in given },
            outputPath: directory.path("\(name).out"),
            errorPath: directory.path("\(name).err"),
            deathSignal: deathSignal,
            inherited: inherited
        )
        if let input { plan.inputPath = try directory.write(input, to: "\(name).in") }
        return ServerProcess(try await ChildProcess.start(plan), directory, name: name, deathSignal: deathSignal)
    }

    package var pid: pid_t { child.pid }

    /// Whether it is still running.
    package var isRunning: Bool { child.exitStatus == nil }

    /// Its standard output so far.
    package var standardOutput: String { directory.text("\(name).out") }

    /// Its standard error so far.
    package var standardError: String { directory.text("\(name).err") }

    /// Sends it a signal; does nothing once it has ended.
    package func terminate(signal: CInt = SIGTERM) {
        child.signal(signal)
    }

    /// Waits for its end.
    ///
    /// - Throws: ``TestSupportError`` if it is still running after the timeout.
    package func waitForExit(timeout: Duration = .seconds(20)) async throws -> ExitStatus {
        try await eventually("the end of \(name)", within: timeout) { child.exitStatus != nil }
        guard let status = child.exitStatus else { throw TestSupportError("\(name) has no exit status") }
        return status
    }

    /// Waits until it is ready, by a given condition.
    ///
    /// - Throws: ``TestSupportError`` with its standard error if it ends before that, or is not ready in time.
    package func waitUntilReady(
        within timeout: Duration = .seconds(20),
        _ condition: () async throws -> Bool
    ) async throws {
        do {
            try await eventually("the start of \(name)", within: timeout) {
                if try await condition() { return true }
                if let status = child.exitStatus { throw TestSupportError("\(name) ended with \(status)") }
                return false
            }
        } catch let error as TestSupportError {
            throw TestSupportError("\(error)\n\(standardError)")
        }
    }

    /// Kills it and waits for its end.
    package func stop() async {
        child.signal(SIGKILL)
        _ = try? await waitForExit(timeout: .seconds(5))
    }
}
