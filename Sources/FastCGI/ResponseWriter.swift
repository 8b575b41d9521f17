/// Takes the answer to one request, once. A second answer is dropped. Lives on the event loop.
package final class ResponseWriter {
    /// How the delivery of an answer ended.
    package enum Delivery: Sendable {
        /// All of it has been taken.
        case sent
        /// The web server has gone, or does not take it.
        case peerGone
        /// The request had been answered before.
        case alreadyAnswered
    }

    /// Writes a response, and calls back once.
    package typealias Write = (_ response: FastCGIResponse, _ delivered: @escaping (Delivery) -> Void) -> Void

    /// The request's params.
    package let head: FastCGIRequest.Head
    private let write: Write
    /// Whether the request has not been answered.
    private(set) var isWaiting = true

    /// - Parameter write: called at most once.
    package init(head: FastCGIRequest.Head, write: @escaping Write) {
        self.head = head
        self.write = write
    }

    /// Writes the response.
    ///
    /// - Parameter delivered: called once; at once, unless the web server is slow to take the answer.
    package func send(_ response: FastCGIResponse, delivered: @escaping (Delivery) -> Void = { _ in }) {
        guard isWaiting else { return delivered(.alreadyAnswered) }
        isWaiting = false
        var response = response
        // RFC 3875 section 4.3.3. HAProxy answers 502 if there is content.
        if head.method == "HEAD" { response.body = [] }
        write(response, delivered)
    }
}
