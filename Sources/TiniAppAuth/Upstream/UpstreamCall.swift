import NIOCore

/// One call to Tiki on its way: waiting for a connection, sent, or finished. Lives on the event loop.
final class UpstreamCall {
    typealias Completion = (Result<UpstreamAnswer, UpstreamFailure>) -> Void

    let url: UpstreamURL
    /// The bytes that are signed and sent.
    let body: [UInt8]
    /// How often it may be sent again once its bytes may have reached Tiki.
    private(set) var repetitionsLeft: Int
    /// Unix time in milliseconds when it was signed and sent last.
    var sentAt: Int64 = 0
    /// The connection on which it has been sent.
    weak var connection: UpstreamConnection?

    private var completion: Completion?
    private var timer: Scheduled<Void>?

    init(url: UpstreamURL, body: [UInt8], isRepeatable: Bool, completion: @escaping Completion) {
        self.url = url
        self.body = body
        repetitionsLeft = isRepeatable ? 1 : 0
        self.completion = completion
    }

    var isFinished: Bool { completion == nil }

    /// Ends the call when the deadline passes, wherever it is then. A connection that it is on ends with it: the
    /// answer may still come, and must not be taken for that of the next call.
    func expire(at deadline: NIODeadline, on eventLoop: any EventLoop) {
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.finish(.failure(.timeout))
            self.connection?.close()
        }
    }

    /// Counts a repetition.
    ///
    /// - Returns: whether it may be sent once more.
    func takeRepetition() -> Bool {
        guard repetitionsLeft > 0, !isFinished else { return false }
        repetitionsLeft -= 1
        return true
    }

    /// Tells the result, once; later results are dropped.
    func finish(_ result: Result<UpstreamAnswer, UpstreamFailure>) {
        guard let completion else { return }
        self.completion = nil
        timer?.cancel()
        completion(result)
    }
}
