import NIOSSL

/// The certificates that are trusted, and what else TLS is to be like. Made again on a reload.
package struct TrustedCertificates {
    /// The content of the file of trusted certificates; nil where the system's are trusted.
    package let bytes: [UInt8]?
    /// The certificates of the file; none where the system's are trusted.
    package let roots: [NIOSSLCertificate]
    /// For new connections; nil if none uses TLS.
    let context: NIOSSLContext?

    /// - Parameters:
    ///   - caFile: a file of trusted certificates (PEM) in place of the system's.
    ///   - usesTLS: whether any connection uses TLS.
    ///   - protocols: what the server is offered to speak over TLS (RFC 7301), the best first; none to offer nothing.
    /// - Throws: ``TrustError`` if the file cannot be used, NIOSSL's error if the system's certificates cannot.
    package init(caFile: String?, usesTLS: Bool, protocols: [String] = []) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // Of TLS 1.2 only what has forward secrecy: who gets hold of a server's key later must not read what was sent.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES"
        configuration.applicationProtocols = protocols
        // How long a closed connection waits for the peer's farewell, which nobody needs.
        configuration.shutdownTimeout = .seconds(1)
        if let caFile {
            let content = try CertificateFile.read(caFile)
            bytes = content.bytes
            roots = content.certificates
            configuration.trustRoots = .certificates(content.certificates)
        } else {
            bytes = nil
            roots = []
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
    /// The file's path.
    package let path: String
    /// What is wrong with it, to be read after its name.
    package let problem: String

    package var description: String { "\(path) \(problem)" }
}
