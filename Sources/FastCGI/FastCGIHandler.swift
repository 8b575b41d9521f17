/// Answers requests. Lives on the server's event loop, so it must not block: it takes the request, and the answer may come
/// later.
package protocol FastCGIHandler {
    /// The name of a param that only the handler knows, and reads in each request's head.
    var ownParam: StaticString { get }

    /// Takes a request, and sees to it that `writer.send` is called once, on the event loop.
    func handle(_ request: FastCGIRequest, _ writer: ResponseWriter)

    /// The answer to a request that the server does not hand over, or no longer waits for.
    func refuse(_ head: FastCGIRequest.Head, because reason: FastCGIRefusal) -> FastCGIResponse
}

/// Why the server itself answers a request.
package enum FastCGIRefusal: Sendable, Equatable {
    /// As many requests are in flight as ``FastCGILimits/maxInFlight`` allows.
    case overloaded
    /// The time to finish what is in flight is over.
    case shuttingDown
}
