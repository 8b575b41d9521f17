import Foundation
import Glibc

/// A running nginx with this package's routes, separate from the system's.
package final class Nginx: Sendable {
    /// The master process.
    package let process: ServerProcess
    /// Its port on 127.0.0.1.
    package var port: Int { reserved.port }
    private let directory: ScratchDirectory
    private let reserved: ReservedPort

    /// The folder of everything it writes: logs and temporary files.
    package var prefix: String { directory.path }
    /// The URL that request paths are appended to.
    package var url: String { "http://127.0.0.1:\(port)" }
    /// Its error log so far.
    package var errorLog: String { directory.text("error.log") }
    /// Its access log so far.
    package var accessLog: String { directory.text("access.log") }

    private init(_ process: ServerProcess, _ directory: ScratchDirectory, _ reserved: ReservedPort) {
        self.process = process
        self.directory = directory
        self.reserved = reserved
    }

    /// Starts one in front of a unix socket.
    ///
    /// - Parameters:
    ///   - backendSocket: the responder's socket, whether or not anything listens there.
    ///   - limited: whether the limits for each client apply.
    ///   - replacements: texts to replace in a copy of the configuration; each must occur.
    package static func start(
        backendSocket: String,
        limited: Bool = false,
        replacing replacements: [String: String] = [:]
    ) async throws -> Nginx {
        let directory = try ScratchDirectory()
        let reserved = try ReservedPort()
        let configuration = try render(directory, reserved.port, backendSocket, limited, replacements)
        let process = try await ServerProcess.start(
            "nginx",
            arguments: ["-e", directory.path("error.log"), "-p", directory.path, "-c", configuration],
            in: directory,
            name: "nginx",
            // A killed master would leave its workers running.
            deathSignal: .terminate
        )
        // nginx writes it once the port is bound.
        try await process.waitUntilReady { directory.text("nginx.pid").hasSuffix("\n") }
        return Nginx(process, directory, reserved)
    }

    /// Ends it at once, with its workers.
    package func stop() async {
        process.terminate(signal: SIGTERM)
        _ = try? await process.waitForExit(timeout: .seconds(5))
        await process.stop()
        directory.remove()
    }

    private static func render(
        _ directory: ScratchDirectory,
        _ port: Int,
        _ backendSocket: String,
        _ limited: Bool,
        _ replacements: [String: String]
    ) throws -> String {
        let folder = directory.path("conf")
        // File by file, since a copied link would lead back to the package's files.
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for file in try FileManager.default.contentsOfDirectory(atPath: PackageLayout.nginx) {
            let content = try Data(contentsOf: URL(fileURLWithPath: "\(PackageLayout.nginx)/\(file)"))
            try directory.write(content, to: "conf/\(file)")
        }
        for (old, new) in replacements {
            var count = 0
            for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let text = directory.text("conf/\(file)")
                guard text.contains(old) else { continue }
                count += 1
                try directory.write(text.replacingOccurrences(of: old, with: new), to: "conf/\(file)")
            }
            guard count > 0 else { throw TestSupportError("nginx's configuration has no '\(old)'") }
        }
        let text = directory.text("conf/local.conf.template")
            .replacingOccurrences(of: "@NGINX_DIR@", with: folder)
            .replacingOccurrences(of: "@LISTEN@", with: "listen 127.0.0.1:\(port);")
            .replacingOccurrences(of: "@BACKEND_SOCKET@", with: backendSocket)
            .replacingOccurrences(of: "@ALLOWED_ORIGINS@", with: "")
            .replacingOccurrences(of: "@LIMITED_CLIENT@", with: limited ? "\"$binary_remote_addr\"" : "\"\"")
        return try directory.write(text, to: "nginx.conf")
    }
}
