import Foundation
import TestSupport

/// Responder and nginx in front of an upstream that keeps every byte.
final class RecordingStack: SharedFixture {
    let upstream: FaultUpstream
    let backend: Backend
    let nginx: Nginx

    private init(_ upstream: FaultUpstream, _ backend: Backend, _ nginx: Nginx) {
        self.upstream = upstream
        self.backend = backend
        self.nginx = nginx
    }

    static func start(environment: [String: String?] = [:]) async throws -> RecordingStack {
        let upstream = try FaultUpstream()
        // Its usual answer repeats the token, as it is.
        upstream.answer(with: FaultAnswer.answer(200, Data(#"{"data":null,"error":null}"#.utf8)))
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
    ) async throws -> (answer: HTTPAnswer, arrived: [ReceivedRequest]) {
        let before = upstream.arrivals.count
        let answer = try await Curl.post(nginx.url + path, json: json)
        return (answer, upstream.arrivals.dropFirst(before).map(\.request))
    }
}
