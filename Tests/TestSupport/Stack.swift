import Foundation

/// Nginx, responder and sandbox, connected in a row.
package final class Stack: Sendable {
    package let sandbox: Sandbox
    package let backend: Backend
    package let nginx: Nginx

    private init(_ sandbox: Sandbox, _ backend: Backend, _ nginx: Nginx) {
        self.sandbox = sandbox
        self.backend = backend
        self.nginx = nginx
    }

    /// Starts all three.
    ///
    /// - Parameters:
    ///   - overrides: settings of the responder; nil removes one.
    ///   - arguments: options of the sandbox.
    ///   - limited: whether nginx limits each client.
    package static func start(
        environment overrides: [String: String?] = [:],
        sandbox arguments: [String] = [],
        limited: Bool = false
    ) async throws -> Stack {
        let sandbox = try await Sandbox.start(arguments: arguments)
        let backend = try await Backend.start(environment: overrides, upstream: sandbox)
        return Stack(sandbox, backend, try await Nginx.start(backendSocket: backend.socketPath, limited: limited))
    }

    /// The URL that request paths are appended to.
    package var url: String { nginx.url }

    /// Posts JSON text to a call's path, for instance `/auth_exchange`.
    package func post(_ path: String, json: String) async throws -> HTTPAnswer {
        try await Curl.post(url + path, json: json)
    }

    /// Ends all three, the outermost first.
    package func stop() async {
        await nginx.stop()
        await backend.stop()
        await sandbox.stop()
    }
}
