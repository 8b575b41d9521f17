import Foundation
import TestSupport
import Testing

@testable import Transport

@Suite("Certificate files")
struct CertificateFileTests {
    let authority: TestAuthority
    let certificate: String

    init() throws {
        authority = try TestAuthority()
        certificate = try String(contentsOfFile: authority.caFile, encoding: .utf8)
    }

    func file(_ content: String) throws -> String { try authority.write(Data(content.utf8), to: UUID().uuidString) }

    func problem(_ path: String) -> String? {
        do {
            _ = try CertificateFile.read(path)
            return nil
        } catch {
            return error.problem
        }
    }

    @Test("A file may hold several certificates; byte order mark, comments and odd line ends are ignored")
    func oddities() throws {
        let glued = certificate.trimmingCharacters(in: .newlines) + certificate
        for (text, count) in [
            (certificate, 1), (certificate + certificate + certificate, 3),
            ("\u{FEFF}" + certificate, 1), ("# our authority\n" + certificate + "\n\nbye", 1), (glued, 2),
            (certificate.replacingOccurrences(of: "\n", with: "\r\n"), 1),
        ] {
            #expect(try CertificateFile.read(file(text)).certificates.count == count)
        }
    }

    @Test("Each problem with a file is reported in its own sentence")
    func problems() throws {
        #expect(problem("/nowhere/at/all") == "does not exist")
        #expect(problem("/") == "cannot be read: Is a directory")
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        for (text, expected) in [
            ("", "no certificates in PEM"), ("text", "no certificates in PEM"),
            (broken, "a certificate that cannot be read"),
            (certificate + broken + certificate, "a certificate that cannot be read: number 2 of 3"),
            (certificate + certificate.prefix(200), "a certificate that cannot be read: number 2 of 2"),
        ] {
            #expect(try problem(file(text)) == "holds \(expected)")
        }
    }

    @Test("A file without read permission is reported as such", .enabled(if: geteuid() != 0))
    func permission() throws {
        let path = try file(certificate)
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        #expect(problem(path) == "cannot be read: Permission denied")
    }
}
