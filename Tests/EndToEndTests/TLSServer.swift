import TestSupport

/// nginx with a TLS port, configured as usual.
final class TLSServer: Sendable {
    var port: Int { reserved.port }
    private let process: ServerProcess
    private let reserved: ReservedPort

    private init(_ process: ServerProcess, _ reserved: ReservedPort) {
        self.process = process
        self.reserved = reserved
    }

    static func start(_ certificate: Certificate) async throws -> TLSServer {
        let directory = try ScratchDirectory()
        let reserved = try ReservedPort()
        let configuration = """
            daemon off;
            user root;
            pid nginx.pid;
            error_log error.log crit;
            events {}
            http {
                access_log off;
                client_body_temp_path body;
                server {
                    listen 127.0.0.1:\(reserved.port) ssl;
                    ssl_certificate \(certificate.path);
                    ssl_certificate_key \(certificate.keyPath);
                    location / { return 405; }
                }
            }
            """
        let path = try directory.write(configuration, to: "nginx.conf")
        let process = try await ServerProcess.start(
            "nginx",
            arguments: ["-e", directory.path("error.log"), "-p", directory.path, "-c", path],
            in: directory,
            name: "nginx",
            deathSignal: .terminate
        )
        try await process.waitUntilReady { directory.text("nginx.pid").hasSuffix("\n") }
        return TLSServer(process, reserved)
    }

    func stop() async {
        process.terminate()
        _ = try? await process.waitForExit(timeout: .seconds(5))
        await process.stop()
    }
}
