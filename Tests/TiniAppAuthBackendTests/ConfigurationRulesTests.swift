import NIOCore
import Testing

@testable import TiniAppAuthBackend

struct ConfigurationRulesTests {
    typealias Fixture = SettingsFixture

    @Test(
        "A setting must not be a placeholder, padded with white space or unprintable",
        // All except a text that is served unchanged.
        arguments: Settings.all.map(\.name).filter { $0 != "TIKI_VALIDATION_TEXT" }
    )
    func texts(name: String) {
        // The other form of the secret must not be set, too.
        let base: [String: String?] = name == "CLIENT_SECRET_FILE" ? ["CLIENT_SECRET": nil] : [:]
        let cases = [
            ("<Client_Key>", "is still a placeholder"), ("<Client_Key…>", "is still a placeholder"),
            ("a<b", "is still a placeholder"), (" a", "begins or ends with white space"),
            ("a\n", "begins or ends with white space"),
            ("a\tb", "holds characters that are not printable ASCII"),
            ("é", "holds characters that are not printable ASCII"),
        ]
        for (value, problem) in cases {
            #expect(Fixture.problems(base.merging([name: value]) { $1 }).contains("\(name) \(problem)"), "\(value)")
        }
    }

    /// Each setting's own range is in its row of docs/settings.md.
    @Test(
        "A value that is malformed or out of range is refused, and the problem says what is allowed",
        arguments: [
            (
                "REQUEST_TIMEOUT", ["0.1", "300", "1e1"],
                ["0", "0.09", "300.1", "-1", "x", "nan", "inf", "10s", "1,5"],
                "is not a number of seconds from 0.1 to 300.0"
            ),
            ("SHUTDOWN_GRACE", ["0", "300"], ["-0.1", "301", "1m"], "is not a number of seconds from 0.0 to 300.0"),
            ("SHARED_STORE_TIMEOUT", [], ["0.04", "5.1", "x"], "is not a number of seconds from 0.05 to 5.0"),
            (
                "MAX_BODY_BYTES", ["1", "524288"], ["0", "524289", "-1", "1.5", "16k", "99999999999999999999"],
                "is not a whole number from 1 to 524288"
            ),
            (
                "LISTEN_SOCKET", ["9000", "s", "/run/a:9000", "./:9000", "a:b", "a:", "a:9b", "a:9000/s"],
                [":9000", "127.0.0.1:9000", "[::1]:9000", "localhost:0"],
                "looks like a TCP address; only unix sockets are served"
            ),
            (
                "LOG_LEVEL", ["trace", "DEBUG", "Info", "notice", "warning", "error", "critical"],
                ["warn", "verbose", "0", "off"],
                "is none of trace, debug, info, notice, warning, error, critical"
            ),
            ("ALLOW_INSECURE_UPSTREAM", ["0", "1"], ["true", "yes", "01", "2", "on"], "is neither 0 nor 1"),
            ("AUTH_ENDPOINT", [], ["api.tiki.vn/oauth", "https://user:password@h/"], "is not an http or https URL"),
            ("REFRESH_ENDPOINT", [], ["api.tiki.vn/oauth"], "is not an http or https URL"),
            ("INFO_ENDPOINT", [], ["api.tiki.vn/oauth"], "is not an http or https URL"),
            (
                "ALLOWED_ORIGINS",
                ["https://tiki.vn,http://localhost:3000", "https://a.vn, https://b.vn  http://c.vn"],
                ["*", "null", "tiki.vn", "https://tiki.vn/", "https://tiki.vn;https://b.vn", "https://tiki.vn *"],
                """
                is not a list of origins such as https://tiki.vn: lower case, no path, no port that is the scheme's own
                """
            ),
        ] as [(String, [String], [String], String)]
    )
    func values(name: String, good: [String], bad: [String], problem: String) {
        for value in good { #expect(Fixture.problems([name: value]) == [], "\(value)") }
        for value in bad { #expect(Fixture.problems([name: value]) == ["\(name) \(problem)"], "\(value)") }
    }

    @Test("CONNECT_TIMEOUT is at most half of REQUEST_TIMEOUT by default, and must be less than all of it")
    func connectTimeout() throws {
        func timeout(_ changes: [String: String]) throws -> TimeAmount {
            try Fixture.configuration(changes).service.upstream.connectTimeout
        }
        #expect(try timeout(["REQUEST_TIMEOUT": "6"]) == .seconds(3))
        #expect(try timeout(["REQUEST_TIMEOUT": "2"]) == .seconds(1))
        #expect(try timeout(["REQUEST_TIMEOUT": "0.1"]) == .milliseconds(50))
        #expect(try timeout(["REQUEST_TIMEOUT": "2", "CONNECT_TIMEOUT": "1.9"]) == .milliseconds(1_900))
        #expect(try timeout(["REQUEST_TIMEOUT": "300", "CONNECT_TIMEOUT": "60"]) == .seconds(60))
        for value in ["2", "3"] {
            #expect(
                Fixture.problems(["REQUEST_TIMEOUT": "2", "CONNECT_TIMEOUT": value]) == [
                    "CONNECT_TIMEOUT is not less than REQUEST_TIMEOUT"
                ]
            )
        }
    }

    @Test(
        "Plain http to another machine is refused, unless it is allowed",
        arguments: ["AUTH_ENDPOINT", "REFRESH_ENDPOINT", "INFO_ENDPOINT"]
    )
    func plainHTTP(name: String) {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            #expect(Fixture.problems([name: "http://\(host):8080/auth/token"]) == [])
        }
        for host in ["api.tiki.vn", "localhost.example.com", "10.0.0.1", "[::2]"] {
            let endpoint = "http://\(host)/auth/token"
            let problem = "\(name) is plain http to another machine; use https, or set ALLOW_INSECURE_UPSTREAM=1"
            #expect(Fixture.problems([name: endpoint]) == [problem])
            #expect(Fixture.problems([name: endpoint, "ALLOW_INSECURE_UPSTREAM": "0"]) == [problem])
            #expect(Fixture.problems([name: endpoint, "ALLOW_INSECURE_UPSTREAM": "1"]) == [])
        }
    }

    @Test("Endpoints that cannot be derived from AUTH_ENDPOINT must be set")
    func underivable() {
        let rule = "is not set, and does not follow from AUTH_ENDPOINT, which does not end in /auth/token"
        let other = "https://h/oauth/exchange"
        #expect(Fixture.problems(["AUTH_ENDPOINT": other]) == ["REFRESH_ENDPOINT \(rule)", "INFO_ENDPOINT \(rule)"])
        #expect(
            Fixture.problems(["AUTH_ENDPOINT": other, "REFRESH_ENDPOINT": "https://h/r"]) == ["INFO_ENDPOINT \(rule)"]
        )
        #expect(
            Fixture.problems([
                "AUTH_ENDPOINT": other, "REFRESH_ENDPOINT": "https://h/r", "INFO_ENDPOINT": "https://h/i",
            ]) == []
        )
    }
}
