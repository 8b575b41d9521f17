import NIOCore
import SharedStore
import TestSupport
import Testing

@testable import TiniAppAuthBackend

@Suite("The settings of the shared store")
struct SharedStoreSettingsTests {
    typealias Fixture = SettingsFixture

    let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
    }

    @Test("There is no store unless one is set, by a URL and no more")
    func url() throws {
        #expect(try Fixture.configuration().service.sharedStore == nil)
        #expect(try Fixture.configuration(["SHARED_STORE_REQUIRED": "0"]).service.sharedStore == nil)
        let store = try #require(try Fixture.configuration(["SHARED_STORE": "redis://store"]).service.sharedStore)
        #expect(store.user == nil && store.password == nil && store.caFile == nil && !store.isRequired)
    }

    @Test("Every setting is read, a password without its last newline, and no secret is printed")
    func all() throws {
        let authority = try TestAuthority()
        let password = try directory.write("p<w d> é\n", to: "password")
        let configuration = try Fixture.configuration([
            "SHARED_STORE": "rediss://store:6380/2", "SHARED_STORE_USER": "app",
            "SHARED_STORE_PASSWORD_FILE": password, "SHARED_STORE_CA_FILE": authority.caFile,
            "SHARED_STORE_TIMEOUT": "0.05", "SHARED_STORE_REQUIRED": "1",
        ])
        let store = try #require(configuration.service.sharedStore)
        #expect(store.address.place == .host("store", port: 6_380, usesTLS: true))
        #expect(store.address.database == 2)
        #expect(store.user == "app")
        #expect(store.password == RedisPassword("p<w d> é"))
        #expect(store.timeout == .milliseconds(50))
        #expect(store.isRequired && store.caFile == authority.caFile)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [
            "\(configuration)", String(reflecting: configuration), dumped, "\(configuration.effectiveSettings([:]))",
        ] {
            #expect(!text.contains("p<w") && !text.contains(Fixture.secret))
        }
    }

    @Test("A short request timeout shortens the store's default, and an explicit store timeout must fit")
    func timeout() throws {
        let short = ["SHARED_STORE": "redis://h", "REQUEST_TIMEOUT": "0.2"]
        #expect(try Fixture.configuration(short).service.sharedStore?.timeout == .milliseconds(100))
        #expect(
            Fixture.problems(short.merging(["SHARED_STORE_TIMEOUT": "0.2"]) { $1 }) == [
                "SHARED_STORE_TIMEOUT is not less than REQUEST_TIMEOUT"
            ]
        )
    }

    @Test("Settings without a store, or that do not fit it, are all reported at once")
    func problems() throws {
        let file = try directory.write("x", to: "password")
        let authority = try TestAuthority()
        let companions = [
            "SHARED_STORE_USER": "app", "SHARED_STORE_PASSWORD_FILE": file, "SHARED_STORE_CA_FILE": authority.caFile,
            "SHARED_STORE_REQUIRED": "1",
        ]
        #expect(
            Fixture.problems(companions) == [
                "SHARED_STORE_USER is set, but SHARED_STORE is not",
                "SHARED_STORE_PASSWORD_FILE is set, but SHARED_STORE is not",
                "SHARED_STORE_CA_FILE is set, but SHARED_STORE is not",
                "SHARED_STORE_REQUIRED is 1, but SHARED_STORE is not set",
            ]
        )
        #expect(
            Fixture.problems([
                "SHARED_STORE": "redis://h", "SHARED_STORE_USER": "app", "SHARED_STORE_CA_FILE": authority.caFile,
            ]) == [
                "SHARED_STORE_USER is set, but SHARED_STORE_PASSWORD_FILE is not",
                "SHARED_STORE_CA_FILE is set, but SHARED_STORE does not begin with rediss://",
            ]
        )
        #expect(
            Fixture.problems(["SHARED_STORE": "redis://:s3cret@h", "SHARED_STORE_REQUIRED": "yes"]) == [
                "SHARED_STORE \(RedisAddress.Problem.credentials.rawValue)",
                "SHARED_STORE_REQUIRED is neither 0 nor 1",
            ]
        )
    }

    @Test("A password in clear text to another machine needs permission, and one over TLS or to this machine does not")
    func clearText() throws {
        let file = try directory.write("s3cret", to: "password")
        func problems(_ url: String, _ more: [String: String] = [:]) -> [String] {
            let settings = ["SHARED_STORE": url, "SHARED_STORE_PASSWORD_FILE": file]
            return Fixture.problems(settings.merging(more) { $1 })
        }
        let problem =
            "SHARED_STORE sends a password to another machine in clear text; use rediss, or set ALLOW_INSECURE_STORE=1"
        for host in ["h", "10.0.0.3:6379", "[fd00::1]"] { #expect(problems("redis://\(host)") == [problem]) }
        for url in ["rediss://h", "redis://localhost", "redis://127.0.0.1:1", "redis://[::1]", "redis+unix:///run/x"] {
            #expect(problems(url) == [])
        }
        #expect(problems("redis://h", ["ALLOW_INSECURE_STORE": "1"]) == [])
        #expect(Fixture.problems(["SHARED_STORE": "redis://h"]) == [])
    }

    @Test(
        "A password file without a usable password is a problem, and is not quoted",
        arguments: [
            ("", "is empty"), ("\n", "is empty"), ("<s3cret>\n", "whose content is still a placeholder"),
            ("s3cret\nmore", "more than one line"), ("s3cret\n\n", "more than one line"),
            ("s3cret\r\n", "more than one line"), (nil, "names a file that cannot be read"),
        ] as [(String?, String)]
    )
    func passwords(text: String?, problem: String) throws {
        let file = try text.map { try directory.write($0, to: "password") } ?? "/nowhere"
        let problems = Fixture.problems(["SHARED_STORE": "rediss://h", "SHARED_STORE_PASSWORD_FILE": file])
        #expect(problems.count == 1 && problems[0].contains(problem) && !problems[0].contains("s3cret"))
    }
}
