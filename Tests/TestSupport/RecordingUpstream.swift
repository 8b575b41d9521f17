import Foundation
import Glibc
import Synchronization

/// `close`, for where a method with that name hides it.
private func shut(_ descriptor: CInt) { _ = close(descriptor) }

/// A fake Tiki that keeps every byte it receives and answers as told.
///
/// Written with plain sockets, so that no HTTP library corrects what the backend sends or the test answers.
package final class RecordingUpstream: Sendable {
    /// A request as received.
    @dynamicMemberLookup
    package struct Request: Sendable {
        fileprivate let received: ReceivedRequest
        /// The number of its connection, counted from 0.
        package let connection: Int

        /// The properties of the received request.
        package subscript<Value>(dynamicMember path: KeyPath<ReceivedRequest, Value> & Sendable) -> Value {
            received[keyPath: path]
        }

        /// All values of a header field; the case of its name does not matter.
        package subscript(name: String) -> [String] { received[name] }
    }

    private struct State {
        var answer: Data
        var requests: [Request] = []
        var open: Set<CInt> = []
    }

    /// Its port on 127.0.0.1.
    package var port: Int { listener.port }
    private let listener: LoopbackListener
    private let state: Mutex<State>

    /// The URL for `AUTH_ENDPOINT`.
    package var authEndpoint: String { "http://127.0.0.1:\(port)/tiniapp-open-api/oauth/auth/token" }

    /// All requests so far.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// Starts one.
    ///
    /// - Parameter body: the answer's body, with status 200, until told otherwise.
    package init(answering body: String = #"{"data":null,"error":null}"#) throws {
        state = Mutex(State(answer: Self.answer(body: Data(body.utf8))))
        listener = try LoopbackListener()
        listener.serve { [weak self] connection, number in
            self?.state.withLock { _ = $0.open.insert(connection) }
            defer { self?.forget(connection) ?? shut(connection) }
            var reader = HTTPRequestReader(connection)
            while let request = try? reader.next() {
                let answer = self?.state.withLock { state in
                    state.requests.append(Request(received: request, connection: number))
                    return state.answer
                }
                guard let answer, (try? Sockets.sendAll(connection, answer)) != nil else { return }
            }
        }
    }

    /// Answers with these bytes, including the head, from now on.
    package func answer(with bytes: Data) {
        state.withLock { $0.answer = bytes }
    }

    /// The bytes of an answer.
    package static func answer(status: String = "200 OK", body: Data, headers: [String] = []) -> Data {
        let fields = ["Content-Type: application/json", "Content-Length: \(body.count)"] + headers
        return Data("HTTP/1.1 \(status)\r\n\(fields.joined(separator: "\r\n"))\r\n\r\n".utf8) + body
    }

    /// Closes all connections, as a server does when they have been idle for too long.
    package func dropConnections() {
        state.withLock { state in
            for connection in state.open { shutdown(connection, CInt(SHUT_RDWR)) }
        }
    }

    /// Closes under the lock, so that ``dropConnections()`` cannot hit another connection that got the same number.
    private func forget(_ connection: CInt) {
        state.withLock { state in
            state.open.remove(connection)
            shut(connection)
        }
    }
}
