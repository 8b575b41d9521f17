import FastCGI
import Logging
import NIOCore
import TestSupport
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct ConfigurationTests {
    typealias Fixture = SettingsFixture

    @Test("The required settings are enough")
    func required() throws {
        let service = try Fixture.configuration().service
        #expect(service.credentials.key == "the-key")
        #expect(service.endpoints.exchange.pathAndQuery == "/tiniapp-open-api/oauth/auth/token")
        #expect(service.endpoints.refresh.pathAndQuery == "/tiniapp-open-api/oauth/auth/token/refresh")
        #expect(service.endpoints.info.pathAndQuery == "/tiniapp-open-api/oauth/me")
        #expect(service.upstream.caFile == nil)
    }

    @Test("Every setting is read")
    func everySetting() throws {
        let authority = try TestAuthority()
        let configuration = try Fixture.configuration([
            "REFRESH_ENDPOINT": "https://r/x", "INFO_ENDPOINT": "https://i/y?z", "UPSTREAM_CA_FILE": authority.caFile,
            "REQUEST_TIMEOUT": "2.5", "LATE_ANSWER_TIMEOUT": "3", "REPLAY_WINDOW": "4", "REPLAY_MAX_ENTRIES": "5",
            "VERIFY_WINDOW": "7.5", "MAX_BODY_BYTES": "100", "MAX_RESPONSE_BYTES": "2048",
            "UPSTREAM_MAX_CONNECTIONS": "3", "UPSTREAM_WARM_CONNECTIONS": "0", "CONNECT_TIMEOUT": "2.4",
            "LISTEN_SOCKET": "/tmp/s", "GOOGLE_CLOUD_PROJECT": "p-1", "ARRIVAL_TIMEOUT": "0.5",
            "MAX_PENDING_CONNECTIONS": "7", "MAX_PARAMS_BYTES": "4096", "MAX_IN_FLIGHT": "9", "SHUTDOWN_GRACE": "0",
            "LOG_LEVEL": "Debug", "LOG_FORMAT": "TEXT",
        ])
        let (service, limits) = (configuration.service, configuration.limits)
        #expect(service.endpoints.refresh.origin.host == "r")
        #expect(service.endpoints.info.pathAndQuery == "/y?z")
        #expect(service.upstream.caFile == authority.caFile)
        #expect(service.requestTimeout == .milliseconds(2_500))
        #expect(service.lateAnswerTimeout == .seconds(3))
        #expect(service.replayWindow == .seconds(4))
        #expect(service.replayMaxEntries == 5)
        #expect(service.verifyWindow == .milliseconds(7_500))
        #expect(limits.maxStdinBytes == 100)
        #expect(service.upstream.maxAnswerBytes == 2_048)
        #expect(service.upstream.maxConnections == 3)
        #expect(service.upstream.warmConnections == 0)
        #expect(service.upstream.connectTimeout == .milliseconds(2_400))
        #expect(configuration.listenSocket == "/tmp/s")
        #expect(configuration.googleCloudProject == "p-1")
        #expect(limits.arrivalTimeout == .milliseconds(500))
        #expect(limits.maxPendingConnections == 7)
        #expect(limits.maxParamsBytes == 4_096)
        #expect(limits.maxInFlight == 9)
        #expect(configuration.shutdownGrace == .zero)
        #expect(configuration.logLevel == .debug)
        #expect(configuration.logFormat == .text)
    }

    @Test("The largest allowed answer fits into the largest response")
    func responseLimits() throws {
        let configuration = try Fixture.configuration(["MAX_RESPONSE_BYTES": "90112"])
        #expect(configuration.service.upstream.maxAnswerBytes + 8_192 <= FastCGIResponse.maxBytes)
    }

    @Test("An empty environment lacks three settings, and all three are named at once; so does one of empty settings")
    func emptyEnvironment() throws {
        let empty = Environment(Dictionary(uniqueKeysWithValues: Settings.all.map { ($0.name, "") }))
        for environment in [Environment([:]), empty] {
            let error = #expect(throws: ConfigurationError.self) { try Configuration(environment: environment) }
            #expect(
                error?.description == """
                    The configuration has 3 problems:
                      CLIENT_KEY is not set
                      CLIENT_SECRET is not set, nor is CLIENT_SECRET_FILE
                      AUTH_ENDPOINT is not set
                    """
            )
        }
        #expect(ConfigurationError(problems: ["x"]).description == "The configuration has a problem:\n  x")
    }

    @Test("An optional setting that is empty has its default")
    func empty() throws {
        let optional = Settings.all.map(\.name).filter { Fixture.valid[$0] == nil }
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
}
