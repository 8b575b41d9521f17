import NIOSSL

/// The trusted certificates and the other TLS settings. Made again on a reload.
package struct TrustedCertificates {
    /// The content of the file of trusted certificates; nil if the system's are trusted.
    package let bytes: [UInt8]?
    /// For new connections; nil if TLS is not used.
    let context: NIOSSLContext?

    /// - Parameters:
    ///   - caFile: a file of trusted certificates (PEM) instead of the system's.
    ///   - usesTLS: whether any connection uses TLS.
    ///   - protocols: the protocols to offer the server over TLS (RFC 7301), best first; empty to offer none.
    /// - Throws: ``TrustError`` if the file cannot be used, NIOSSL's error if the system's certificates cannot be.
    package init(caFile: String?, usesTLS: Bool, protocols: [String] = []) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // In TLS 1.2 only ciphers with forward secrecy: a server key that leaks later must not reveal what was sent.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES"
        configuration.applicationProtocols = protocols
        // How long a closed connection waits for the peer's close_notify, which we do not need.
        configuration.shutdownTimeout = .seconds(1)
        if let caFile {
            let content = try CertificateFile.read(caFile)
            bytes = content.bytes
            configuration.trustRoots = .certificates(content.certificates)
        } else {
            bytes = nil
        }
        context = usesTLS ? try NIOSSLContext(configuration: configuration) : nil
    }

    /// Checks that a file of trusted certificates can be used.
    package static func check(caFile: String) throws(TrustError) {
        _ = try CertificateFile.read(caFile)
    }
}

/// Why the file of trusted certificates cannot be used.
package struct TrustError: Error, CustomStringConvertible, Sendable {
    package let path: String
    /// The problem, worded to follow the file's name.
    package let problem: String

    package var description: String { "\(path) \(problem)" }
}
