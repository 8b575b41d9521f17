import Foundation
import Logging
import TestSupport
import Testing

@testable import TiniAppAuthBackend

struct EffectiveSettingsTests {
    func settings(_ changes: [String: String?] = [:]) throws -> [String: String] {
        let environment = SettingsFixture.environment(changes)
        return try Configuration(environment: environment).effectiveSettings(environment).mapValues(\.description)
    }

    @Test("Every setting is listed with its effective value: set, derived or, if it is empty or not set, the default")
    func all() throws {
        let settings = try settings(["REQUEST_TIMEOUT": "2.5", "MAX_IN_FLIGHT": "", "GOOGLE_CLOUD_PROJECT": ""])
        #expect(Set(settings.keys) == Set(Settings.all.map(\.name)))
        for (name, value) in [
            ("CLIENT_KEY", "the-key"), ("MAX_IN_FLIGHT", "4096"), ("GOOGLE_CLOUD_PROJECT", "not set"),
            ("UPSTREAM_CA_FILE", "the system's"), ("CONNECT_TIMEOUT", "1.25"),
            ("REFRESH_ENDPOINT", "https://api.tiki.vn/tiniapp-open-api/oauth/auth/token/refresh"),
            ("INFO_ENDPOINT", "https://api.tiki.vn/tiniapp-open-api/oauth/me"),
        ] {
            #expect(settings[name] == value)
        }
        #expect(try self.settings(["CONNECT_TIMEOUT": "2.4"])["CONNECT_TIMEOUT"] == "2.4")
    }

    @Test("A socket passed by systemd is listed in place of LISTEN_SOCKET, and one passed to another process is not")
    func passedSocket() throws {
        let own = "\(ProcessInfo.processInfo.processIdentifier)"
        #expect(try settings(["LISTEN_FDS": "1", "LISTEN_PID": own])["LISTEN_SOCKET"] == "passed by systemd")
        for (count, owner) in [("1", "1"), ("0", own), ("", own), ("1", "")] {
            let listed = try settings(["LISTEN_FDS": count, "LISTEN_PID": owner])["LISTEN_SOCKET"]
            #expect(listed == Settings.known.listenSocket.defaultValue)
        }
    }

    @Test("The secret is listed only by its source, and an endpoint without its query")
    func secrets() throws {
        let settings = try settings(["INFO_ENDPOINT": "https://h/me?key=S3CR3T"])
        #expect(settings["CLIENT_SECRET"] == "set" && settings["CLIENT_SECRET_FILE"] == "not set")
        #expect(settings["INFO_ENDPOINT"] == "https://h/me")
        #expect(!settings.values.contains { $0.contains(SettingsFixture.secret) || $0.contains("S3CR3T") })
        let directory = try ScratchDirectory()
        let path = try directory.write("N3W\n", to: "secret")
        for secret in [nil, ""] as [String?] {
            let settings = try self.settings(["CLIENT_SECRET": secret, "CLIENT_SECRET_FILE": path])
            #expect(settings["CLIENT_SECRET"] == "not set" && settings["CLIENT_SECRET_FILE"] == path)
            #expect(!settings.values.contains { $0.contains("N3W") })
        }
    }
}
