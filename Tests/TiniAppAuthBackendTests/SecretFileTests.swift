import Foundation
import NIOCore
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct SecretFileTests {
    typealias Fixture = SettingsFixture

    /// Only a signature shows whether the right secret was read.
    func signature(_ environment: Environment) throws -> String {
        let credentials = try Configuration(environment: environment).service.credentials
        return RequestSigner(credentials).sign(Array("{}".utf8), timestamp: 1).signature
    }

    func problems(_ content: [UInt8]) throws -> [String] {
        try Fixture.withFile(content) { Fixture.problems(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": $0]) }
    }

    @Test(
        "The secret may be in a file, with or without a byte order mark in front and one newline at its end",
        arguments: ["", "\u{FEFF}"],
        ["", "\n"]
    )
    func file(start: String, end: String) throws {
        try Fixture.withFile(Array((start + Fixture.secret + end).utf8)) { path in
            let environment = Fixture.environment(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": path])
            let signatures = try [signature(environment), signature(Fixture.environment())]
            #expect(signatures[0] == signatures[1])
        }
    }

    @Test(
        "A file with anything else around the secret is refused",
        arguments: [
            ("s\n\n", "begins or ends with white space"), ("s\r\n", "begins or ends with white space"),
            (" s", "begins or ends with white space"),
            ("", "is empty"), ("\n", "is empty"), ("<secret>", "is still a placeholder"),
            ("s\nt", "holds characters that are not printable ASCII"),
            ("s\0", "holds characters that are not printable ASCII"),
            ("é", "holds characters that are not printable ASCII"),
        ]
    )
    func content(content: String, problem: String) throws {
        #expect(try problems(Array(content.utf8)) == ["CLIENT_SECRET_FILE names a file whose content \(problem)"])
    }

    @Test("A secret file that is not text is refused")
    func binary() throws {
        let problem = "CLIENT_SECRET_FILE names a file whose content holds characters that are not printable ASCII"
        #expect(try problems([0x73, 0xFF, 0xFE]) == [problem])
    }

    @Test("A secret file that is missing or a folder is reported as unreadable", arguments: ["/nowhere/at/all", "/"])
    func unreadable(path: String) {
        let problem = "CLIENT_SECRET_FILE names a file that cannot be read"
        #expect(Fixture.problems(["CLIENT_SECRET": nil, "CLIENT_SECRET_FILE": path]) == [problem])
    }

    @Test("Setting both forms of the secret is refused, and neither is read")
    func both() {
        let problem = "CLIENT_SECRET and CLIENT_SECRET_FILE are both set; keep one"
        #expect(Fixture.problems(["CLIENT_SECRET_FILE": "/nowhere/at/all"]) == [problem])
    }

    @Test("Of the two forms of the secret, an empty one counts as not set")
    func oneEmpty() throws {
        try Fixture.withFile(Array(Fixture.secret.utf8)) { path in
            let fromFile = try signature(Fixture.environment(["CLIENT_SECRET": "", "CLIENT_SECRET_FILE": path]))
            let fromEnvironment = try signature(Fixture.environment(["CLIENT_SECRET_FILE": ""]))
            #expect(fromFile == fromEnvironment)
        }
        let problem = "CLIENT_SECRET is not set, nor is CLIENT_SECRET_FILE"
        #expect(Fixture.problems(["CLIENT_SECRET": "", "CLIENT_SECRET_FILE": ""]) == [problem])
    }

    @Test("A certificate file must hold certificates")
    func certificateFile() throws {
        let problem = "UPSTREAM_CA_FILE names a file that holds no certificates in PEM"
        for content in ["", "text"] {
            try Fixture.withFile(Array(content.utf8)) {
                #expect(Fixture.problems(["UPSTREAM_CA_FILE": $0]) == [problem])
            }
        }
    }

    @Test(
        "The system's certificates are accepted as a certificate file",
        .enabled(if: FileManager.default.fileExists(atPath: systemCertificates))
    )
    func systemCertificateFile() throws {
        let configuration = try Fixture.configuration(["UPSTREAM_CA_FILE": Self.systemCertificates])
        #expect(configuration.service.upstream.caFile == Self.systemCertificates)
    }

    static let systemCertificates = "/etc/ssl/certs/ca-certificates.crt"
}
