import Synchronization

/// Takes the answer to one request, from any thread, once. A second answer is dropped.
package final class ResponseWriter: Sendable {
    /// How the delivery of an answer ended.
    package enum Delivery: Sendable {
        /// All of it has been taken.
        case sent
        /// The web server has gone, or does not take it.
        case peerGone
        /// The request had been answered before.
        case alreadyAnswered
    }

    /// Writes a CGI document (RFC 3875 section 6), and tells whether all of it has been taken.
    package typealias Write = @Sendable (_ document: [UInt8]) -> Bool

    /// The request's params.
    package let head: FastCGIRequest.Head
    private let write: Mutex<Write?>
    /// Where the request is in flight; nil if nobody counts.
    private let registry: InFlightRequests?

    init(head: FastCGIRequest.Head, registry: InFlightRequests?, write: @escaping Write) {
        self.head = head
        self.registry = registry
        self.write = Mutex(write)
    }

    /// - Parameter write: called once, on the thread that has the answer.
    package convenience init(head: FastCGIRequest.Head, write: @escaping Write) {
        self.init(head: head, registry: nil, write: write)
    }

    /// Writes the response.
    @discardableResult
    package func send(_ response: FastCGIResponse) -> Delivery {
        guard let write = write.withLock({ $0.take() }) else { return .alreadyAnswered }
        var response = response
        // RFC 3875 section 4.3.3. HAProxy answers 502 if there is content.
        if head.method == "HEAD" { response.body = [] }
        let sent = write(response.document)
        registry?.remove(self)
        return sent ? .sent : .peerGone
    }
}
