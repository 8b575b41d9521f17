import Foundation
import Glibc
import TestSupport
import Testing

/// The secret is in the process's environment and memory. Other processes of the same user must not see it there.
@Suite("Privacy", .enabled(if: geteuid() == 0, "only root can start processes as somebody else"))
struct PrivacyTests {
    /// A user other than root.
    private static let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]

    @Test(
        "A process of the same user cannot read environment or memory, and a crash leaves no core file",
        arguments: [["serve"], ["exchange", "c"], ["check", "--upstream"]]
    )
    func unreadable(command: [String]) async throws {
        let directory = try ScratchDirectory()
        chmod(directory.path, 0o777)
        // Only root may have access to the build folder.
        let executable = directory.path("tiniapp-auth-backend")
        try FileManager.default.copyItem(atPath: try Backend.executable, toPath: executable)
        let upstream = try FaultUpstream(isHolding: true)
        var settings = FrontDoor.environment(socket: directory.path("fcgi.sock"))
        settings["AUTH_ENDPOINT"] = upstream.authEndpoint
        settings["CONNECT_TIMEOUT"] = "29"
        settings["REQUEST_TIMEOUT"] = "30"
        let process = try await start([executable] + command, settings, in: directory, name: "backend")
        try await process.waitUntilReady {
            command == ["serve"] ? process.standardError.contains("listening") : !upstream.arrivals.isEmpty
        }
        let folder = "/proc/\(process.pid)"
        #expect(try String(contentsOfFile: "\(folder)/status", encoding: .utf8).contains("\nUid:\t65534\t65534\t"))
        // The kernel protects the last two by the same check as ptrace(2).
        for file in ["environ", "maps", "mem", "syscall"] {
            #expect(try await read("\(folder)/\(file)").status != .code(0), "\(file)")
        }
        let limits = try String(contentsOfFile: "\(folder)/limits", encoding: .utf8)
        #expect(limits.firstMatch(of: #/Max core file size +0 +0 /#) != nil)

        // Without the backend's own protection, it could be read.
        let other = try await start(
            ["sleep", "60"],
            ["CLIENT_SECRET": Sandbox.clientSecret],
            in: directory,
            name: "sleep"
        )
        try await eventually("a program that can be read") {
            try await read("/proc/\(other.pid)/environ").output.contains(Sandbox.clientSecret)
        }
        await other.stop()
        await process.stop()
    }

    private func start(
        _ command: [String],
        _ environment: [String: String],
        in directory: ScratchDirectory,
        name: String
    ) async throws -> ServerProcess {
        try await ServerProcess.start(
            "setpriv",
            arguments: ["--pdeathsig", "KILL"] + Self.user + command,
            environment: environment,
            in: directory,
            name: name
        )
    }

    /// Opens a file, and reads as much as possible.
    private func read(_ path: String) async throws -> Command.Outcome {
        try await Command.run("setpriv", Self.user + ["sh", "-c", #"exec <"$0"; head -c 65536"#, path])
    }
}
