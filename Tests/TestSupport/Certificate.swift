/// A test's certificate, which nothing trusts unless told to.
package final class Certificate: Sendable {
    /// The certificate (PEM). It is its own authority.
    package let path: String
    /// Its private key (PEM).
    package let keyPath: String
    private let directory: ScratchDirectory

    private init() throws {
        directory = try ScratchDirectory()
        path = directory.path("cert.pem")
        keyPath = directory.path("key.pem")
    }

    /// Makes one. Its files exist as long as it lives.
    ///
    /// - Parameter name: the names it is for, as in `DNS:localhost,IP:127.0.0.1`.
    package static func make(for name: String) async throws -> Certificate {
        let certificate = try Certificate()
        let outcome = try await Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=\(name)",
                "-keyout", certificate.keyPath, "-out", certificate.path,
            ]
        )
        guard outcome.status == .code(0) else { throw TestSupportError("openssl: \(outcome.error)") }
        return certificate
    }
}
