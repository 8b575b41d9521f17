import Foundation
import NIOSSL
import Testing

/// A test's own certificate authority, and what it issues. Its files exist as long as it lives.
package final class TestAuthority: Sendable {
    private let directory: ScratchDirectory
    /// Its certificate (PEM).
    package var caFile: String { path("ca.pem") }

    package init() throws {
        directory = try ScratchDirectory()
        let settings = """
            [ca]
            default_ca = test
            [test]
            database = \(path("index"))
            new_certs_dir = \(directory.path)
            rand_serial = yes
            unique_subject = no
            default_md = sha256
            policy = any
            copy_extensions = copy
            [any]
            commonName = supplied
            """
        try directory.write(settings, to: "ca.cnf")
        try directory.write("", to: "index")
        try Self.openssl(Self.selfSigned("ca", "basicConstraints=critical,CA:TRUE", in: directory))
    }

    /// Issues a certificate for names as in `DNS:localhost,IP:127.0.0.1`, valid between two dates
    /// (`YYYYMMDDhhmmssZ`).
    package func server(
        _ names: String,
        from start: String = "20200101000000Z",
        to end: String = "20990101000000Z"
    ) throws -> NIOSSLContext {
        let name = UUID().uuidString
        try issue(name, "subjectAltName=\(names)", from: start, to: end)
        return try context(name)
    }

    /// Issues a certificate like ``server(_:from:to:)``, for another program.
    ///
    /// - Returns: the paths of its files (PEM).
    package func issue(_ names: String) throws -> (certificate: String, key: String) {
        let name = UUID().uuidString
        try issue(name, "subjectAltName=\(names)")
        return (path("\(name).pem"), path("\(name).key"))
    }

    /// Issues a certificate through an expired intermediate one, and presents both.
    package func serverBehindExpiredIntermediate(_ names: String) throws -> NIOSSLContext {
        try issue("between", "basicConstraints=critical,CA:TRUE", subject: "between", to: "20200201000000Z")
        try issue("leaf", "subjectAltName=\(names)", by: "between")
        let chain = try ["leaf", "between"].map { try String(contentsOfFile: path("\($0).pem"), encoding: .utf8) }
        _ = try write(Data(chain.joined().utf8), to: "leaf.pem")
        return try context("leaf")
    }

    /// The subject has a name that must not count.
    private func issue(
        _ name: String,
        _ extensions: String,
        subject: String = "localhost",
        by issuer: String = "ca",
        from start: String = "20200101000000Z",
        to end: String = "20990101000000Z"
    ) throws {
        try Self.openssl([
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=\(subject)", "-addext", extensions,
            "-keyout", path("\(name).key"), "-out", path("\(name).csr"),
        ])
        try Self.openssl([
            "ca", "-batch", "-notext", "-config", path("ca.cnf"), "-cert", path("\(issuer).pem"),
            "-keyfile", path("\(issuer).key"), "-startdate", start, "-enddate", end, "-in", path("\(name).csr"),
            "-out", path("\(name).pem"),
        ])
    }

    /// Makes a self-signed certificate.
    package func selfSignedServer(_ names: String) throws -> NIOSSLContext {
        try Self.openssl(Self.selfSigned("own", "subjectAltName=\(names)", in: directory))
        return try context("own")
    }

    /// Writes a file into its folder.
    ///
    /// - Returns: its path.
    package func write(_ content: Data, to name: String) throws -> String { try directory.write(content, to: name) }

    package func path(_ name: String) -> String { directory.path(name) }

    private func context(_ name: String) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(path("\(name).pem"))
        let key = try NIOSSLPrivateKey(file: path("\(name).key"), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
        )
    }

    private static func selfSigned(_ name: String, _ extensions: String, in directory: ScratchDirectory) -> [String] {
        let path = directory.path(name)
        return [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-addext", extensions, "-keyout", "\(path).key", "-out", "\(path).pem",
        ]
    }

    /// Not by Foundation's `Process`, which sometimes crashes: it copies more of a directory entry than there is.
    private static func openssl(_ arguments: [String]) throws {
        let command = (["openssl"] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let pipe = try #require(popen("\(command) 2>&1", "r"))
        var text: [UInt8] = []
        while case let byte = getc(pipe), byte != EOF { text.append(UInt8(byte)) }
        try #require(pclose(pipe) == 0, "openssl: \(String(decoding: text, as: UTF8.self))")
    }
}
