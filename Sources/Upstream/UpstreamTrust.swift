import Transport

/// The certificates that are trusted upstream. A reload makes a new one.
package struct UpstreamTrust {
    let certificates: TrustedCertificates

    /// - Parameters:
    ///   - caFile: a file of trusted certificates (PEM) in place of the system's.
    ///   - usesTLS: whether any origin uses TLS.
    /// - Throws: `TrustError` if the file cannot be used, NIOSSL's error if the system's certificates cannot.
    package init(caFile: String?, usesTLS: Bool) throws {
        certificates = try TrustedCertificates(caFile: caFile, usesTLS: usesTLS, protocols: ["http/1.1"])
    }
}
