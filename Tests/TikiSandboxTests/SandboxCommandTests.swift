import ArgumentParser
import Testing

@testable import TikiSandbox

struct SandboxCommandTests {
    @Test("The sandbox listens on a free loopback port by default")
    func defaults() throws {
        let command = try SandboxCommand.parse([])
        #expect(command.host == "127.0.0.1")
        #expect(command.port == 0)
    }

    @Test("A clock offset may be negative")
    func negativeOffset() throws {
        #expect(try SandboxCommand.parse(["--clock-offset", "-61"]).clockOffset == -61)
    }

    @Test(
        "An option that makes no sense is refused with its name",
        arguments: [
            ["--certificate", "cert.pem"], ["--private-key", "key.pem"], ["--port", "65536"], ["--delay", "-1"],
            ["--token-lifetime", "0"], ["--client-key", ""], ["--client-secret", ""],
        ]
    )
    func refused(arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { try SandboxCommand.parse(arguments) }
        let message = SandboxCommand.message(for: try #require(error))
        #expect(message.contains(try #require(arguments.first)))
    }

    @Test("A certificate that cannot be read is named in the error")
    func unreadableCertificate() {
        let error = #expect(throws: StartError.self) {
            try ServerCertificate.configuration(certificate: "/none.pem", privateKey: "/none.key")
        }
        #expect(error?.description.contains("/none.pem") == true)
    }
}
