import NIOSSL

/// The certificate for HTTPS, from two PEM files.
enum ServerCertificate {
    /// Errors name the file that cannot be used; NIO's do not.
    static func configuration(certificate: String, privateKey: String) throws -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw StartError(description: "--certificate \(certificate): no readable PEM certificate (\(error))")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: privateKey, format: .pem)
        } catch {
            throw StartError(description: "--private-key \(privateKey): no readable PEM private key (\(error))")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw StartError(description: "--certificate and --private-key cannot be used together (\(error))")
        }
        return configuration
    }
}
