import Foundation
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

    func withSecretFile(_ content: String, _ body: (Environment) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID().uuidString)").path
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(SettingsFixture.environment(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": path]))
    }

    @Test("A new secret is read, and the service manager learns when the reload begins and ends")
    func taken() async throws {
        try await withSecretFile("N3W-S3CR3T\n") { environment in
            let told = try await reload(environment)
            #expect(told.count == 2)
            #expect(told.first?.hasPrefix("RELOADING=1\n") == true)
            #expect(told.last?.hasPrefix("READY=1\n") == true)
        }
        let fields = try recorder.fields()
        #expect(fields["severity"] as? String == "NOTICE")
        #expect(fields["secret"] as? String == "read from CLIENT_SECRET_FILE")
        #expect(try !recorder.line().contains("N3W"))
    }

    @Test("A secret that cannot be used is refused, and the error names the setting", arguments: ["", " N3W", "<N3W>"])
    func bad(content: String) async throws {
        try await withSecretFile(content) { environment in
            // The service manager is still told that the reload is over.
            let told = try await reload(environment)
            #expect(told.last?.hasPrefix("READY=1\n") == true)
        }
        let fields = try recorder.fields()
        #expect(fields["severity"] as? String == "ERROR")
        #expect((fields["error"] as? String)?.hasPrefix("CLIENT_SECRET_FILE names a file whose content ") == true)
        #expect(try !recorder.line().contains("N3W"))
    }

    @Test("A missing secret file is reported as unreadable")
    func gone() async throws {
        _ = try await reload(SettingsFixture.environment(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": "/nowhere"]))
        #expect(try recorder.fields()["error"] as? String == "CLIENT_SECRET_FILE names a file that cannot be read")
    }

    @Test("An empty CLIENT_SECRET_FILE is not taken for the secret's source")
    func emptyName() async throws {
        _ = try await reload(SettingsFixture.environment(["CLIENT_SECRET_FILE": "", "UPSTREAM_CA_FILE": ""]))
        let fields = try recorder.fields()
        #expect((fields["secret"] as? String)?.contains("in the environment") == true)
        #expect(fields["certificates"] as? String == "the system's")
    }

    @Test("A secret in the environment cannot change, and the log says so")
    func environment() async throws {
        _ = try await reload(SettingsFixture.environment())
        let fields = try recorder.fields()
        #expect(fields["severity"] as? String == "NOTICE")
        #expect((fields["secret"] as? String)?.contains("in the environment") == true)
        #expect(try !recorder.line().contains(SettingsFixture.secret))
    }
}
