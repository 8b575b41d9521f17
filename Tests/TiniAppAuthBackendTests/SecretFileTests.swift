import TestSupport
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct SecretFileTests {
    typealias Fixture = SettingsFixture

    let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
    }

    /// Only a signature shows whether the right secret was read.
    func signature(_ environment: Environment) throws -> String {
        let credentials = try Configuration(environment: environment).service.credentials
        return RequestSigner(credentials).sign(Array("{}".utf8), timestamp: 1).signature
    }

    @Test(
        "The secret may be in a file, with or without a byte order mark in front and one newline at its end",
        arguments: ["", "\u{FEFF}"],
        ["", "\n"]
    )
    func file(start: String, end: String) throws {
        let path = try directory.write(start + Fixture.secret + end, to: "secret")
        let environment = Fixture.environment(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": path])
        let signatures = try [signature(environment), signature(Fixture.environment())]
        #expect(signatures[0] == signatures[1])
    }

    @Test(
        "A file with anything else around the secret, or that is not text, is refused",
        arguments: [
            (Array("s\n\n".utf8), "begins or ends with white space"),
            (Array("s\r\n".utf8), "begins or ends with white space"), ([], "is empty"), (Array("\n".utf8), "is empty"),
            (Array("<secret>".utf8), "is still a placeholder"),
            (Array("s\nt".utf8), "holds characters that are not printable ASCII"),
            ([0x73, 0xFF, 0xFE], "holds characters that are not printable ASCII"),
        ] as [([UInt8], String)]
    )
    func content(content: [UInt8], problem: String) throws {
        let path = try directory.write(content, to: "secret")
        let problems = Fixture.problems(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": path])
        #expect(problems == ["CLIENT_SECRET_FILE names a file whose content \(problem)"])
    }

    @Test("A secret file that is missing or a folder is reported as unreadable", arguments: ["/nowhere/at/all", "/"])
    func unreadable(path: String) {
        let problem = "CLIENT_SECRET_FILE names a file that cannot be read"
        #expect(Fixture.problems(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": path]) == [problem])
    }

    @Test("Of the two forms of the secret only one may be set, and an empty one counts as not set")
    func forms() throws {
        let both = "CLIENT_SECRET and CLIENT_SECRET_FILE are both set; keep one"
        #expect(Fixture.problems(["CLIENT_SECRET_FILE": "/nowhere/at/all"]) == [both])
        let path = try directory.write(Fixture.secret, to: "secret")
        let fromFile = try signature(Fixture.environment(["CLIENT_SECRET": "", "CLIENT_SECRET_FILE": path]))
        let fromEnvironment = try signature(Fixture.environment(["CLIENT_SECRET_FILE": ""]))
        #expect(fromFile == fromEnvironment)
        let problem = "CLIENT_SECRET is not set, nor is CLIENT_SECRET_FILE"
        #expect(Fixture.problems(["CLIENT_SECRET": "", "CLIENT_SECRET_FILE": ""]) == [problem])
    }

    @Test("A certificate file must be there and hold certificates, with and without TLS", arguments: ["https", "http"])
    func certificateFile(scheme: String) throws {
        let path = try directory.write("text", to: "ca.pem")
        for (path, problem) in [(path, "holds no certificates in PEM"), ("/nowhere", "does not exist")] {
            let settings = ["AUTH_ENDPOINT": "\(scheme)://localhost/auth/token", "UPSTREAM_CA_FILE": path]
            #expect(Fixture.problems(settings) == ["UPSTREAM_CA_FILE names a file that \(problem)"])
        }
    }
}
