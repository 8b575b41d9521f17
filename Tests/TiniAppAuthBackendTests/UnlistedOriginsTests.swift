import Logging
import Synchronization
import Testing

@testable import TiniAppAuthBackend

struct UnlistedOriginsTests {
    /// Records origins, and finds those that the log names.
    private final class Fixture: Sendable {
        let now = Mutex(ContinuousClock.now)
        let recorder = LogRecorder()

        func origins() -> UnlistedOrigins {
            UnlistedOrigins(logger: recorder.logger(), clock: { [self] in now.withLock(\.self) })
        }

        var named: [String] {
            recorder.all.compactMap { $0.firstMatch(of: /"origin":"([^"]*)"/).map { String($0.1) } }
        }
    }

    @Test("Each unlisted origin is logged once; allowed origins and invalid ones are not")
    func once() {
        let fixture = Fixture()
        let origins = fixture.origins()
        let asking = ["https://a.example", nil, "http://localhost:3000", "null", "https://a.example/", "TOKEN", ""]
        for _ in 1...3 { asking.forEach(origins.note) }
        #expect(fixture.named == ["https://a.example", "http://localhost:3000", "null"])
    }

    @Test("After the first sixteen, one more is logged each minute, and replaces the oldest")
    func many() {
        let fixture = Fixture()
        let origins = fixture.origins()
        for number in 1...100 { origins.note("https://\(number).example") }
        #expect(fixture.named == (1...17).map { "https://\($0).example" })
        fixture.now.withLock { $0 += .seconds(60) }
        origins.note("https://17.example")
        origins.note("https://101.example")
        origins.note("https://102.example")
        #expect(fixture.named.last == "https://101.example")
        #expect(fixture.named.count == 18)
    }

    @Test(
        "An origin is valid only exactly as a browser writes it",
        arguments: [
            ("https://tiki.vn", true), ("http://localhost:3000", true), ("http://[::1]:3000", true),
            ("https://xn--tik-ola.vn", true), ("http://127.0.0.1", true),
            ("https://tiki.vn/", false), ("https://tiki.vn:443", false), ("http://tiki.vn:80", false),
            ("https://Tiki.vn", false), ("HTTPS://tiki.vn", false), ("tiki.vn", false), ("*", false), ("null", false),
            ("https://*.tiki.vn", false), ("https://tiki.vn?a", false), ("https://tiki.vn#a", false),
            ("https://a@tiki.vn", false), ("https://tiki.vn:0", false), ("https://tiki.vn:", false),
            ("https://", false), ("ftp://tiki.vn", false), ("https://tiki.vn\n", false), ("https://ti ki.vn", false),
            ("https://ti\"ki.vn", false), ("https://ti;ki.vn", false), ("https://ti$ki.vn", false),
            ("https://ti{ki.vn", false), ("https://" + String(repeating: "a", count: 300), false),
        ]
    )
    func isOrigin(text: String, expected: Bool) {
        #expect(WebOrigin.isOrigin(text) == expected)
    }

    @Test("ALLOWED_ORIGINS is a list of origins only")
    func list() {
        for good in [
            "https://tiki.vn", "https://tiki.vn,http://localhost:3000", "https://a.vn, https://b.vn  http://c.vn",
        ] {
            #expect(SettingsFixture.problems(["ALLOWED_ORIGINS": good]) == [], "\(good)")
        }
        for bad in ["*", "null", "tiki.vn", "https://tiki.vn/", "https://tiki.vn;https://b.vn", "https://tiki.vn *"] {
            let problem = SettingsFixture.problems(["ALLOWED_ORIGINS": bad]).first ?? ""
            #expect(problem.hasPrefix("ALLOWED_ORIGINS is not a list of origins such as https://tiki.vn"), "\(bad)")
        }
    }
}
