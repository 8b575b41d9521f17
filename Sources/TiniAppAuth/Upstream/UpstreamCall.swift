import NIOCore

/// One call to Tiki on its way: waiting for a connection, sent, or finished. Lives on the event loop.
final class UpstreamCall {
    /// What became of it.
    struct Outcome: Sendable {
        var result: Result<UpstreamAnswer, UpstreamFailure>
        /// How often it was sent.
        var attempts: Int
        /// From the first time it was sent to its end; nil if it never was.
        var duration: Duration?
    }

    typealias Completion = (Outcome) -> Void

    let route: AuthRoute
    let url: UpstreamURL
    /// The bytes that are signed and sent.
    let body: [UInt8]
    /// Unix time in milliseconds when it was signed and sent last.
    private(set) var sentAt: Int64 = 0
    /// How often it has been sent.
    private(set) var attempts = 0

    private var firstSent: NIODeadline?
    /// The connection on which it has been sent.
    private weak var connection: UpstreamConnection?
    private var completion: Completion?
    private var timer: CoarseTimers.Timer?

    init(_ route: AuthRoute, url: UpstreamURL, body: [UInt8], completion: @escaping Completion) {
        self.route = route
        self.url = url
        self.body = body
        self.completion = completion
    }

    var isFinished: Bool { completion == nil }

    /// Ends the call when the deadline passes, wherever it is then. A connection that it is on ends with it: the
    /// answer may still come, and must not be taken for that of the next call.
    func expire(at deadline: NIODeadline, by timers: CoarseTimers) {
        timer = timers.set(deadline) {
            self.finish(.failure(.timeout))
            self.connection?.close()
        }
    }

    /// Notes that it is being sent.
    ///
    /// - Parameter time: Unix time in milliseconds, as it is signed.
    func willSend(on connection: UpstreamConnection, at time: Int64) {
        self.connection = connection
        sentAt = time
        attempts += 1
        if firstSent == nil { firstSent = .now() }
    }

    /// Whether it may be sent again after its last attempt came to nothing.
    func maySendAgain(after progress: SendAgain.Progress) -> Bool {
        let repetitions = progress == .notWritten ? attempts : attempts - 1
        return !isFinished
            && SendAgain.isAllowed(isRepeatable: route.isRepeatable, after: progress, repetitions: repetitions)
    }

    /// Tells the result, once; later results are dropped.
    func finish(_ result: Result<UpstreamAnswer, UpstreamFailure>) {
        guard let completion else { return }
        self.completion = nil
        timer?.cancel()
        let duration = firstSent.map { Duration(.now() - $0) }
        completion(Outcome(result: result, attempts: attempts, duration: duration))
    }
}
