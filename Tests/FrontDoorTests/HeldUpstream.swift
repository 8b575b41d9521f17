import Foundation
import Glibc
import Synchronization
import TestSupport

/// A stand-in for Tiki that answers when it is told to, and not before. One call a connection.
final class HeldUpstream: Sendable {
    private struct State {
        var held: [CInt] = []
        var isReleased = false
    }

    private let listener: CInt
    private let body: String
    private let state = Mutex(State())
    private let endpoint: String

    /// For `AUTH_ENDPOINT`.
    var authEndpoint: String { endpoint }
    /// Calls that wait for their answer.
    var heldCount: Int { state.withLock { $0.held.count } }

    /// - Parameter body: the content of each answer, JSON.
    init(answering body: String = #"{"data":{"access_token":"a.b"},"error":null}"#) throws {
        self.body = body
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, size) = (listener, length)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 1_024) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        endpoint = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/auth/token"
        guard isListening else { throw TestSupportError("no upstream: \(String(cString: strerror(errno)))") }
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                take(connection)
            }
            close(listener)
        }
    }

    deinit {
        shutdown(listener, CInt(SHUT_RDWR))
        for connection in state.withLock({ $0.held }) { close(connection) }
    }

    /// Waits until so many calls have come.
    func holds(_ count: Int) async throws {
        try await eventually("\(count) calls at the upstream") { heldCount == count }
    }

    /// Answers everything that is held, and what comes later at once.
    func release() {
        let held = state.withLock { state in
            state.isReleased = true
            defer { state.held = [] }
            return state.held
        }
        for connection in held { answer(connection) }
    }

    /// Our client sends head and body in one write, and they are small: they arrive together.
    private func take(_ connection: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        _ = recv(connection, &buffer, buffer.count, 0)
        let isReleased = state.withLock { state in
            if !state.isReleased { state.held.append(connection) }
            return state.isReleased
        }
        if isReleased { answer(connection) }
    }

    private func answer(_ connection: CInt) {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        let bytes = Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        close(connection)
    }
}
