import Foundation
import TestSupport

/// Responder and nginx in front of an upstream that keeps every byte.
final class RecordingStack: SharedFixture {
    let upstream: RecordingUpstream
    let backend: Backend
    let nginx: Nginx

    private init(_ upstream: RecordingUpstream, _ backend: Backend, _ nginx: Nginx) {
        self.upstream = upstream
        self.backend = backend
        self.nginx = nginx
    }

    static func start(environment: [String: String?] = [:]) async throws -> RecordingStack {
        let upstream = try RecordingUpstream()
        let backend = try await Backend.start(environment: environment, upstream: upstream.authEndpoint)
        return RecordingStack(upstream, backend, try await Nginx.start(backendSocket: backend.socketPath))
    }

    func stop() async {
        await nginx.stop()
        await backend.stop()
    }

    /// Posts JSON.
    ///
    /// - Returns: the answer, and what arrived at the upstream during the call.
    func post(
        _ path: String = "/auth_exchange",
        _ json: String
    ) async throws -> (answer: HTTPAnswer, arrived: [RecordingUpstream.Request]) {
        let before = upstream.requests.count
        let answer = try await Curl.post(nginx.url + path, json: json)
        return (answer, Array(upstream.requests.dropFirst(before)))
    }
}
