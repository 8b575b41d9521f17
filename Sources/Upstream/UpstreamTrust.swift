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

    /// Why a file of trusted certificates cannot be used, worded to follow its name; nil if it can be.
    package static func problem(ofFile path: String) -> String? {
        do throws(TrustError) { try TrustedCertificates.check(caFile: path) } catch { return error.problem }
        return nil
    }
}
