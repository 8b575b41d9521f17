import Foundation
import Glibc

/// A running `tiniapp-auth-backend serve`.
package final class Backend: Sendable {
    /// Where the listening socket comes from.
    package enum Listener: Sendable {
        /// Its own, at `LISTEN_SOCKET`.
        case own
        /// A listening socket passed on as by systemd.
        case inherited(CInt)
    }

    package let process: ServerProcess
    /// The path of its unix socket; with an inherited socket, a path where there is nothing.
    package let socketPath: String
    private let directory: ScratchDirectory

    private init(_ process: ServerProcess, _ directory: ScratchDirectory, socketPath: String) {
        self.process = process
        self.directory = directory
        self.socketPath = socketPath
    }

    package static var executable: String {
        get throws { try PackageLayout.executable("tiniapp-auth-backend") }
    }

    /// Starts one and waits until it listens.
    ///
    /// - Parameters:
    ///   - overrides: settings that add to or replace the basic ones; nil removes one.
    ///   - upstream: `AUTH_ENDPOINT`.
    ///   - listener: where its listening socket comes from.
    ///   - descriptors: how many it may have open; nil keeps the limit.
    package static func start(
        environment overrides: [String: String?] = [:],
        upstream: String,
        listener: Listener = .own,
        descriptors: Int? = nil
    ) async throws -> Backend {
        let directory = try ScratchDirectory()
        let socketPath = overrides["LISTEN_SOCKET"].flatMap { $0 } ?? directory.path("fcgi.sock")
        var environment = [
            "CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret, "AUTH_ENDPOINT": upstream,
            "LISTEN_SOCKET": socketPath, "SWIFT_BACKTRACE": "enable=no", "TMPDIR": directory.path,
        ]
        for (name, value) in overrides { environment[name] = value }
        var inherited: CInt?
        if case .inherited(let descriptor) = listener { inherited = descriptor }
        let command = (descriptors.map { ["prlimit", "--nofile=\($0)"] } ?? []) + [try executable, "serve"]
        let process = try await ServerProcess.start(
            command[0],
            arguments: Array(command.dropFirst()),
            environment: environment,
            in: directory,
            name: "backend",
            inheriting: inherited
        )
        let backend = Backend(process, directory, socketPath: socketPath)
        try await process.waitUntilReady {
            inherited == nil ? isListening(at: socketPath) : process.standardError.contains("listening")
        }
        return backend
    }

    /// Starts one in front of a sandbox.
    package static func start(
        environment overrides: [String: String?] = [:],
        upstream: Sandbox,
        listener: Listener = .own
    ) async throws -> Backend {
        try await start(environment: overrides, upstream: upstream.authEndpoint, listener: listener)
    }

    /// The folder of everything it writes: its output, its socket, and with `TMPDIR` temporary files.
    package var folder: String { directory.path }

    /// Its log so far: all of its standard error.
    ///
    /// A thread of the responder writes it a moment after the event: waits until nothing has come for 50 ms.
    package func logs() -> String {
        var text = process.standardError
        var quiet = 0
        while quiet < 10 {
            usleep(5_000)
            let now = process.standardError
            quiet = now.utf8.count == text.utf8.count ? quiet + 1 : 0
            text = now
        }
        return text
    }

    /// The secrets found in its log. An empty one, which is a mistake in the test, is always found.
    package func leaked(_ secrets: [String]) -> [String] {
        let logs = logs()
        return secrets.filter { $0.isEmpty || logs.contains($0) }
    }

    /// Kills it. To stop it gracefully use `process.terminate()`.
    package func stop() async {
        await process.stop()
        directory.remove()
    }

    /// Asks the kernel, since connecting would be noticed.
    private static func isListening(at path: String) -> Bool {
        // `Data(contentsOf:)` would stop at the first short read, and the kernel gives 4 KiB at a time. Bytes, since
        // another socket's name may not be UTF-8.
        guard let file = FileHandle(forReadingAtPath: "/proc/net/unix"), let bytes = try? file.readToEnd() else {
            return false
        }
        let name = Data(" \(path)".utf8)
        return bytes.split(separator: UInt8(ascii: "\n")).contains { line in
            // __SO_ACCEPTCON.
            line.suffix(name.count) == name && line.range(of: Data(" 00010000 ".utf8)) != nil
        }
    }
}
