import Synchronization

/// Takes the answer to one request, from any thread, once. A second answer is dropped.
package final class ResponseWriter: Sendable {
    /// What became of an answer.
    package enum Delivery: Sendable {
        /// The socket has taken all of it.
        case sent
        /// The web server has gone, or does not take it.
        case peerGone
        /// The request had been answered before.
        case alreadyAnswered
    }

    /// What writing an answer needs: libfcgi's state, and the socket, which closes with this value.
    private struct Output: ~Copyable {
        let fcgx: FCGXRequest
        let socket: ConnectedSocket

        init(_ fcgx: consuming FCGXRequest, _ socket: consuming ConnectedSocket) {
            self.fcgx = fcgx
            self.socket = socket
        }

        consuming func respond(_ document: [UInt8]) -> Bool {
            fcgx.respond(document, to: socket.descriptor)
        }
    }

    /// The request's params.
    package let head: FastCGIRequest.Head
    private let output: Mutex<Output?>
    private let registry: InFlightRequests

    init(
        _ fcgx: consuming sending FCGXRequest,
        on socket: consuming sending ConnectedSocket,
        head: FastCGIRequest.Head,
        registry: InFlightRequests
    ) {
        output = Mutex(Output(fcgx, socket))
        self.head = head
        self.registry = registry
    }

    /// Writes the response and closes the connection. Never waits for the peer.
    @discardableResult
    package func send(_ response: FastCGIResponse) -> Delivery {
        guard let output = output.withLock({ $0.take() }) else { return .alreadyAnswered }
        let sent = output.respond(response.document)
        registry.remove(self)
        return sent ? .sent : .peerGone
    }
}
