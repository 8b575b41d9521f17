import Foundation
import Glibc
import Synchronization
import TestSupport

/// A fake Tiki that answers only when told to. One call per connection.
final class HeldUpstream: Sendable {
    private struct State {
        var held: [CInt] = []
        var isReleased = false
    }

    private let listener: LoopbackListener
    private let body: String
    private let state = Mutex(State())

    /// For `AUTH_ENDPOINT`.
    var authEndpoint: String { "http://127.0.0.1:\(listener.port)/auth/token" }

    /// - Parameter body: the content of each answer, JSON.
    init(answering body: String = #"{"data":{"access_token":"a.b"},"error":null}"#) throws {
        self.body = body
        listener = try LoopbackListener()
        listener.serve { [weak self] connection, _ in self?.take(connection) }
    }

    deinit {
        for connection in state.withLock({ $0.held }) { close(connection) }
    }

    /// How many calls wait for their answer.
    var heldCount: Int { state.withLock { $0.held.count } }

    /// Waits until this many calls have arrived.
    func holds(_ count: Int) async throws {
        try await eventually("\(count) calls at the upstream") { heldCount == count }
    }

    /// Answers all held calls, and later ones at once.
    func release() {
        let held = state.withLock { state in
            state.isReleased = true
            defer { state.held = [] }
            return state.held
        }
        for connection in held { answer(connection) }
    }

    /// Our client sends head and body in one small write, so they arrive together.
    private func take(_ connection: CInt) {
        _ = try? Sockets.receive(connection)
        let isReleased = state.withLock { state in
            if !state.isReleased { state.held.append(connection) }
            return state.isReleased
        }
        if isReleased { answer(connection) }
    }

    private func answer(_ connection: CInt) {
        let answer = RecordingUpstream.answer(body: Data(body.utf8), headers: ["Connection: close"])
        try? Sockets.sendAll(connection, answer)
        close(connection)
    }
}
