import Synchronization

/// Takes the answer to one request, from any thread, once. A second answer is dropped.
package final class ResponseWriter: Sendable {
    /// How the delivery of an answer ended.
    package enum Delivery: Sendable {
        /// The socket has taken all of it.
        case sent
        /// The web server has gone, or does not take it.
        case peerGone
        /// The request had been answered before.
        case alreadyAnswered
    }

    /// The parts that writing an answer needs.
    private enum Output: ~Copyable {
        /// libfcgi's state, the connection, and what becomes of it.
        case fastCGI(FCGXRequest, Connection, AfterAnswer)
        /// A descriptor that is somebody else's, and what to do afterwards.
        case cgi(CInt, @Sendable () -> Void)

        consuming func respond(_ document: [UInt8]) -> Bool {
            switch consume self {
            case .fastCGI(let fcgx, let connection, let afterAnswer):
                let descriptor = connection.socket.descriptor
                let staysOpen = afterAnswer.staysOpen(connection)
                let isLast = afterAnswer.isAskedFor && !staysOpen
                let sent = fcgx.respond(document, to: descriptor, asTheLast: isLast)
                // Half an answer must not be the beginning of the next one.
                if isLast || !sent { connection.socket.end() }
                return sent
            case .cgi(let descriptor, let whenSent):
                defer { whenSent() }
                return SystemCall.writeAll(document, to: descriptor)
            }
        }
    }

    /// The request's params.
    package let head: FastCGIRequest.Head
    private let output: Mutex<Output?>
    private let registry: InFlightRequests

    init(
        _ fcgx: consuming sending FCGXRequest,
        on connection: Connection,
        afterAnswer: AfterAnswer,
        head: FastCGIRequest.Head,
        registry: InFlightRequests
    ) {
        output = Mutex(.fastCGI(fcgx, connection, afterAnswer))
        self.head = head
        self.registry = registry
    }

    /// The answer of a program that was started for one request, as plain CGI (RFC 3875 section 6).
    ///
    /// - Parameters:
    ///   - descriptor: standard output. Writing waits for its reader.
    ///   - whenSent: called once, on the thread that has answered.
    package init(cgi descriptor: CInt, head: FastCGIRequest.Head, whenSent: @escaping @Sendable () -> Void) {
        output = Mutex(.cgi(descriptor, whenSent))
        self.head = head
        registry = InFlightRequests()
    }

    /// Writes the response, and closes the connection unless it is kept. Never waits for a web server that speaks FastCGI.
    @discardableResult
    package func send(_ response: FastCGIResponse) -> Delivery {
        guard let output = output.withLock({ $0.take() }) else { return .alreadyAnswered }
        var response = response
        // RFC 3875 section 4.3.3. HAProxy answers 502 if there is content.
        if head.method == "HEAD" { response.body = [] }
        let sent = output.respond(response.document)
        registry.remove(self)
        return sent ? .sent : .peerGone
    }
}
