import CFCGI
import Synchronization

/// A connection whose request has been decoded and waits for its answer.
///
/// It may be answered from any thread, once; whoever comes second finds it answered.
package final class FastCGIConnection: Sendable {
    /// How an answer fared.
    package enum Outcome: Sendable {
        /// The socket has taken all of it.
        case sent
        /// The web server has gone, or does not take it.
        case peerGone
        /// Somebody else answered before.
        case alreadyAnswered
    }

    /// What an answer needs: libfcgi's state and the socket, which closes with it.
    private struct Exchange: ~Copyable {
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

    /// The request without its body.
    package let head: FastCGIRequest

    private let exchange: Mutex<Exchange?>
    private let registry: InFlightRequests

    init(
        _ fcgx: consuming sending FCGXRequest,
        on socket: consuming sending ConnectedSocket,
        head: FastCGIRequest,
        registry: InFlightRequests
    ) {
        exchange = Mutex(Exchange(fcgx, socket))
        self.head = head
        self.registry = registry
    }

    /// Writes the response and closes the connection. Never waits for the peer.
    @discardableResult
    package func send(_ response: FastCGIResponse) -> Outcome {
        guard let exchange = exchange.withLock({ $0.take() }) else { return .alreadyAnswered }
        let sent = exchange.respond(response.document)
        registry.remove(self)
        return sent ? .sent : .peerGone
    }
}
