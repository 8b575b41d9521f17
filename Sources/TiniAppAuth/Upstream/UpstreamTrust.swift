import FoundationEssentials
import NIOSSL

/// Whose certificates are trusted: made anew on a reload.
struct UpstreamTrust {
    /// The content of the file of trusted certificates; nil where the system's are trusted.
    let certificates: [UInt8]?
    /// For new connections; nil if no endpoint uses TLS.
    let context: NIOSSLContext?

    /// - Parameters:
    ///   - caFile: trusted certificates (PEM) in place of the system's.
    ///   - usesTLS: whether there is any use for it.
    /// - Throws: ``TrustError`` if the file cannot be used, NIOSSL's error if the system's certificates cannot.
    init(caFile: String?, usesTLS: Bool) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // How long a closed connection waits for the peer's farewell, which nobody needs.
        configuration.shutdownTimeout = .seconds(1)
        if let caFile {
            guard let content = FileManager.default.contents(atPath: caFile) else {
                throw TrustError(path: caFile, problem: "cannot be read")
            }
            guard let trusted = try? NIOSSLCertificate.fromPEMBytes(Array(content)), !trusted.isEmpty else {
                throw TrustError(path: caFile, problem: "holds no certificates in PEM")
            }
            certificates = Array(content)
            configuration.trustRoots = .certificates(trusted)
        } else {
            certificates = nil
        }
        context = usesTLS ? try NIOSSLContext(configuration: configuration) : nil
    }
}

/// Why the file of trusted certificates cannot be used.
package struct TrustError: Error, CustomStringConvertible, Sendable {
    let path: String
    let problem: String

    package var description: String { "\(path) \(problem)" }
}
