import TestSupport
import Testing

@testable import TiniAppAuthBackend

struct ReloadTests {
    let recorder = LogRecorder()

    /// Reloads with this environment, and returns what the service manager was told.
    func reload(_ environment: Environment) async throws -> [String] {
        let socket = try NotifySocket()
        let systemd = SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name])
        await Reload(environment: environment, systemd: systemd, logger: recorder.logger()) { _ in }.run()
        return [socket.receive(), socket.receive(), socket.receive(within: 0)].compactMap(\.self)
    }

    /// - Parameter secret: nil if there is no file.
    func reload(secret: String?) async throws -> [String] {
        let directory = try ScratchDirectory()
        let path = try secret.map { try directory.write($0, to: "secret") } ?? "/nowhere"
        return try await reload(SettingsFixture.environment(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": path]))
    }

    @Test("A new secret is read, and the service manager learns when the reload begins and ends")
    func taken() async throws {
        let told = try await reload(secret: "N3W-S3CR3T\n")
        #expect(told.count == 2)
        #expect(told.first?.hasPrefix("RELOADING=1\n") == true)
        #expect(told.last?.hasPrefix("READY=1\n") == true)
        let fields = try recorder.fields()
        #expect(fields["severity"] as? String == "NOTICE")
        #expect(fields["secret"] as? String == "read from CLIENT_SECRET_FILE")
        #expect(try !recorder.line().contains("N3W"))
    }

    @Test("A secret that cannot be used is refused, and the error names the setting", arguments: ["", " N3W", nil])
    func bad(content: String?) async throws {
        // The service manager is still told that the reload is over.
        #expect(try await reload(secret: content).last?.hasPrefix("READY=1\n") == true)
        let fields = try recorder.fields()
        #expect(fields["severity"] as? String == "ERROR")
        #expect((fields["error"] as? String)?.hasPrefix("CLIENT_SECRET_FILE names a file ") == true)
        #expect(try !recorder.line().contains("N3W"))
    }

    @Test(
        "A secret in the environment cannot change, and the log says so, also if an empty file name is set",
        arguments: [[:], ["CLIENT_SECRET_FILE": "", "UPSTREAM_CA_FILE": ""]] as [[String: String]]
    )
    func environment(changes: [String: String]) async throws {
        _ = try await reload(SettingsFixture.environment(changes))
        let fields = try recorder.fields()
        #expect(fields["severity"] as? String == "NOTICE")
        #expect((fields["secret"] as? String)?.contains("in the environment") == true)
        #expect(fields["certificates"] as? String == "the system's")
        #expect(try !recorder.line().contains(SettingsFixture.secret))
    }
}
