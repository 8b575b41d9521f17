import Foundation
import Glibc

/// TLS in front of a plain port, with nginx's stream module, which passes bytes on without knowing HTTP.
package final class TLSTerminator: Sendable {
    /// Its port on 127.0.0.1.
    package var port: Int { reserved.port }
    private let process: ServerProcess
    private let directory: ScratchDirectory
    private let reserved: ReservedPort

    private init(_ process: ServerProcess, _ directory: ScratchDirectory, _ reserved: ReservedPort) {
        self.process = process
        self.directory = directory
        self.reserved = reserved
    }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - certificate: the certificate to present.
    ///   - target: the port on 127.0.0.1 to connect to, once for each connection, after its handshake.
    package static func start(_ certificate: Certificate, to target: Int) async throws -> TLSTerminator {
        let directory = try ScratchDirectory()
        let reserved = try ReservedPort()
        // A client's abrupt end need not be logged, and a half-closed connection must be passed on.
        let configuration = """
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off;
            user root;
            pid nginx.pid;
            error_log error.log crit;
            worker_rlimit_nofile 8192;
            events { worker_connections 4096; }
            stream {
                server {
                    listen 127.0.0.1:\(reserved.port) ssl backlog=1024;
                    ssl_certificate \(certificate.path);
                    ssl_certificate_key \(certificate.keyPath);
                    proxy_pass 127.0.0.1:\(target);
                    proxy_half_close on;
                }
            }
            """
        let process = try await ServerProcess.start(
            "nginx",
            arguments: [
                "-e", directory.path("error.log"), "-p", directory.path,
                "-c", try directory.write(configuration, to: "nginx.conf"),
            ],
            in: directory,
            name: "nginx",
            deathSignal: .terminate
        )
        try await process.waitUntilReady { directory.text("nginx.pid").hasSuffix("\n") }
        return TLSTerminator(process, directory, reserved)
    }

    /// Ends it at once.
    package func stop() async {
        process.terminate(signal: SIGTERM)
        _ = try? await process.waitForExit(timeout: .seconds(5))
        await process.stop()
        directory.remove()
    }
}
