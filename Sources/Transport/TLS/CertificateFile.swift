import Glibc
import NIOSSL

/// Reads a file of trusted certificates (PEM, RFC 7468).
enum CertificateFile {
    /// The file's bytes, and the certificates in it.
    typealias Content = (bytes: [UInt8], certificates: [NIOSSLCertificate])

    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// Skips what is around the certificates: comments, a byte order mark. The line break between two may be missing.
    static func read(_ path: String) throws(TrustError) -> Content {
        let bytes = try content(of: path)
        let text = String(decoding: bytes, as: UTF8.self)
        let blocks = text.split(separator: begin, omittingEmptySubsequences: false).dropFirst()
        guard !blocks.isEmpty else {
            throw TrustError(path: path, problem: "holds no certificates in PEM")
        }
        var certificates: [NIOSSLCertificate] = []
        for block in blocks {
            guard let last = block.firstRange(of: end),
                let found = try? NIOSSLCertificate.fromPEMBytes(
                    Array("\(begin)\(block[..<last.lowerBound])\(end)\n".utf8)
                ), found.count == 1
            else {
                let place = blocks.count == 1 ? "" : ": number \(certificates.count + 1) of \(blocks.count)"
                throw TrustError(path: path, problem: "holds a certificate that cannot be read\(place)")
            }
            certificates += found
        }
        return (bytes, certificates)
    }

    private static func content(of path: String) throws(TrustError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw problem(path, errno) }
        defer { close(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count > 0 {
                content += buffer[..<count]
            } else if count == 0 {
                return content
            } else if errno != EINTR {
                throw problem(path, errno)
            }
        }
    }

    private static func problem(_ path: String, _ error: CInt) -> TrustError {
        let reason = error == ENOENT ? "does not exist" : "cannot be read: \(String(cString: strerror(error)))"
        return TrustError(path: path, problem: reason)
    }
}
