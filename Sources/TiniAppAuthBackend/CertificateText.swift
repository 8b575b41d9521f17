import FoundationEssentials
import NIOSSL

/// Describes a certificate that has been verified.
enum CertificateText {
    static func text(for certificate: NIOSSLCertificate) -> String {
        let end = Date(timeIntervalSince1970: TimeInterval(certificate.notValidAfter))
        return "certificate verified, valid until \(end.formatted(.iso8601))"
    }
}
