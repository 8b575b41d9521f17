import FastCGI
import Foundation
import Logging
import NIOCore
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct ConfigurationTests {
    typealias Fixture = SettingsFixture

    @Test("The required settings are enough, and the others have their documented defaults")
    func defaults() throws {
        let configuration = try Fixture.configuration()
        #expect(configuration.service.credentials.key == "the-key")
        #expect(configuration.service.endpoints.exchange.pathAndQuery == "/tiniapp-open-api/oauth/auth/token")
        #expect(configuration.service.endpoints.refresh.pathAndQuery == "/tiniapp-open-api/oauth/auth/token/refresh")
        #expect(configuration.service.endpoints.info.pathAndQuery == "/tiniapp-open-api/oauth/me")
        #expect(configuration.service.requestTimeout == .seconds(10))
        #expect(configuration.limits.maxStdinBytes == 16_384)
        #expect(configuration.service.upstream.caFile == nil)
        #expect(configuration.service.upstream.maxAnswerBytes == 65_536)
        #expect(configuration.service.upstream.maxConnections == 512)
        #expect(configuration.service.upstream.warmConnections == 2)
        #expect(configuration.service.upstream.connectTimeout == .seconds(3))
        #expect(configuration.listenSocket == "/run/tiniapp-auth-backend/fastcgi.sock")
        #expect(configuration.limits.arrivalTimeout == .seconds(5))
        #expect(configuration.limits.maxPendingConnections == 4_096)
        #expect(configuration.limits.maxParamsBytes == 40_960)
        #expect(configuration.limits.maxInFlight == 4_096)
        #expect(configuration.shutdownGrace == .seconds(8))
        #expect(configuration.logLevel == .info)
        #expect(configuration.googleCloudProject == nil)
    }

    @Test("Every setting is read")
    func everySetting() throws {
        let configuration = try Fixture.configuration([
            "REFRESH_ENDPOINT": "https://r/x", "INFO_ENDPOINT": "https://i/y?z", "REQUEST_TIMEOUT": "2.5",
            "MAX_BODY_BYTES": "100",
            "MAX_RESPONSE_BYTES": "2048", "UPSTREAM_MAX_CONNECTIONS": "3", "UPSTREAM_WARM_CONNECTIONS": "0",
            "CONNECT_TIMEOUT": "2.4",
            "LISTEN_SOCKET": "/tmp/s", "GOOGLE_CLOUD_PROJECT": "p-1",
            "ARRIVAL_TIMEOUT": "0.5",
            "MAX_PENDING_CONNECTIONS": "7", "MAX_PARAMS_BYTES": "4096", "MAX_IN_FLIGHT": "9", "SHUTDOWN_GRACE": "0",
            "LOG_LEVEL": "Debug", "LOG_FORMAT": "TEXT", "VERIFY_WINDOW": "7.5",
        ])
        #expect(configuration.logFormat == .text)
        #expect(configuration.service.verifyWindow == .milliseconds(7_500))
        #expect(configuration.service.endpoints.refresh.origin.host == "r")
        #expect(configuration.service.endpoints.info.pathAndQuery == "/y?z")
        #expect(configuration.service.requestTimeout == .milliseconds(2_500))
        #expect(configuration.service.upstream.connectTimeout == .milliseconds(2_400))
        #expect(configuration.limits.maxStdinBytes == 100)
        #expect(configuration.service.upstream.maxAnswerBytes == 2_048)
        #expect(configuration.service.upstream.maxConnections == 3)
        #expect(configuration.service.upstream.warmConnections == 0)
        #expect(configuration.listenSocket == "/tmp/s")
        #expect(configuration.limits.arrivalTimeout == .milliseconds(500))
        #expect(configuration.limits.maxPendingConnections == 7)
        #expect(configuration.limits.maxParamsBytes == 4_096)
        #expect(configuration.limits.maxInFlight == 9)
        #expect(configuration.shutdownGrace == .zero)
        #expect(configuration.logLevel == .debug)
        #expect(configuration.googleCloudProject == "p-1")
    }

    @Test("The largest allowed answer fits into the largest response")
    func responseLimits() throws {
        let configuration = try Fixture.configuration(["MAX_RESPONSE_BYTES": "90112"])
        #expect(configuration.service.upstream.maxAnswerBytes + 8_192 <= FastCGIResponse.maxBytes)
    }

    @Test("An empty environment lacks three settings, and all three are named at once")
    func emptyEnvironment() throws {
        let error = #expect(throws: ConfigurationError.self) { try Configuration(environment: [:]) }
        #expect(
            error?.problems == [
                "CLIENT_KEY is not set", "CLIENT_SECRET is not set, nor is CLIENT_SECRET_FILE",
                "AUTH_ENDPOINT is not set",
            ]
        )
        #expect(
            error?.description == """
                The configuration has 3 problems:
                  CLIENT_KEY is not set
                  CLIENT_SECRET is not set, nor is CLIENT_SECRET_FILE
                  AUTH_ENDPOINT is not set
                """
        )
        #expect(ConfigurationError.exitCode == 78)
    }

    @Test("A required setting that is empty is not set, and an optional one has its default")
    func empty() throws {
        let names = Settings.all.map(\.name)
        #expect(
            Fixture.problems(Dictionary(uniqueKeysWithValues: names.map { ($0, "") })) == [
                "CLIENT_KEY is not set", "CLIENT_SECRET is not set, nor is CLIENT_SECRET_FILE",
                "AUTH_ENDPOINT is not set",
            ]
        )
        let optional = names.filter { Fixture.valid[$0] == nil }
        let configuration = try Fixture.configuration(Dictionary(uniqueKeysWithValues: optional.map { ($0, "") }))
        #expect(try "\(configuration)" == "\(Fixture.configuration())")
    }

    @Test("Every problem is reported at once, with one line for each setting")
    func everythingWrong() {
        // Such a value is fine as a text to serve.
        let names = Settings.all.map(\.name).filter { $0 != "TIKI_VALIDATION_TEXT" }
        let problems = Fixture.problems(Dictionary(uniqueKeysWithValues: names.map { ($0, "<\($0)…>") }))
        for name in names where name != "CLIENT_SECRET_FILE" {
            #expect(problems.count { $0.hasPrefix(name + " ") } == 1, "\(name)")
        }
        #expect(problems.count == names.count - 1)
    }

    @Test("A single problem is reported in the singular")
    func oneProblem() {
        let error = ConfigurationError(problems: Fixture.problems(["CLIENT_KEY": nil]))
        #expect(error.description == "The configuration has a problem:\n  CLIENT_KEY is not set")
    }

    @Test("Other environment variables are ignored")
    func others() {
        #expect(Fixture.problems(["PATH": "", "LC_ALL": "<x>", "CLIENT_KEYS": ""]) == [])
    }

    /// If the secret is pasted into the wrong setting, the message may end up in a log.
    @Test("No problem repeats the value of a setting", arguments: Settings.all.map(\.name))
    func noValues(name: String) {
        let secret = Fixture.secret
        for value in [
            secret, " \(secret)", "<\(secret)>", "\(secret)\n", "http://\(secret).example/\(secret)",
            "https://\(secret)@h/", "é\(secret)",
        ] {
            for problem in Fixture.problems([name: value]) { #expect(!problem.contains(secret)) }
        }
    }

    @Test("A printed configuration does not contain the secret")
    func printing() throws {
        let configuration = try Fixture.configuration()
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains(Fixture.secret))
        }
    }
}
