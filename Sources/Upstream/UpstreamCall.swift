import NIOCore
import Text

/// One call on its way: waiting for a connection, sent, or finished. Lives on the event loop.
package final class UpstreamCall {
    /// The outcome of the call.
    package struct Outcome: Sendable {
        package var result: Result<HTTPResponse, UpstreamFailure>
        /// How often it was sent.
        package var attempts: Int
        /// From the first time it was sent to its end; nil if it never was.
        package var duration: TimeAmount?
        /// Unix time in milliseconds when it was sent last; 0 if it never was.
        package var sentAt: Int64
    }

    /// Takes the call's outcome.
    package typealias Completion = (Outcome) -> Void

    /// Makes the bytes of the request: request line, header fields, body (RFC 9112). Called each time that the call is
    /// sent, when a connection is in hand. Its parameter is the Unix time in milliseconds.
    package typealias MakeRequest = (Int64) -> ByteBuffer

    private let isRepeatable: Bool
    private let lateAnswerTimeout: TimeAmount
    private let makeRequest: MakeRequest
    private var sentAt: Int64 = 0
    private var attempts = 0
    private var firstSent: NIODeadline?
    /// The connection on which it has been sent.
    private weak var connection: UpstreamConnection?
    private var completion: Completion?
    private var sendBy = NIODeadline.distantFuture
    private var timer: CoarseTimers.Timer?

    /// - Parameters:
    ///   - isRepeatable: whether the call may be sent again after its bytes may have arrived.
    ///   - lateAnswerTimeout: how long after it was first sent its answer is still waited for, where the deadline for sending
    ///     it is earlier; zero to wait no longer than that.
    ///   - makeRequest: makes the request's bytes at the last moment.
    ///   - completion: called once, on the event loop.
    package init(
        isRepeatable: Bool,
        lateAnswerTimeout: TimeAmount = .zero,
        makeRequest: @escaping MakeRequest,
        completion: @escaping Completion
    ) {
        self.isRepeatable = isRepeatable
        self.lateAnswerTimeout = lateAnswerTimeout
        self.makeRequest = makeRequest
        self.completion = completion
    }

    var isFinished: Bool { completion == nil }
    /// Whether its time is over. The timer that ends it comes up to 10 ms later.
    var isOverdue: Bool { sendBy <= .now() }
    /// The outcome of a call whose answer is not waited for any longer.
    package var timedOut: Outcome { outcome(.failure(.timeout)) }

    /// Ends the call when the deadline passes, unless it has been sent and its answer may be late.
    ///
    /// - Parameter didBecomeLate: called at the deadline if the call goes on.
    func expire(at sendBy: NIODeadline, by timers: CoarseTimers, didBecomeLate: @escaping () -> Void = {}) {
        self.sendBy = sendBy
        timer = timers.set(sendBy) {
            guard self.lateAnswerTimeout > .zero, let answerBy = self.firstSent.map({ $0 + self.lateAnswerTimeout }),
                answerBy > sendBy
            else { return self.abandon() }
            self.timer = timers.set(answerBy) { self.abandon() }
            didBecomeLate()
        }
    }

    /// Ends the call for lack of time. A connection that it is on ends with it: the answer may still come, and must not be
    /// taken for that of the next call.
    func abandon() {
        finish(.failure(.timeout))
        connection?.close()
    }

    /// The request's bytes, to be written to the connection now.
    ///
    /// - Parameter time: Unix time in milliseconds.
    func request(for connection: UpstreamConnection, at time: Int64) -> ByteBuffer {
        self.connection = connection
        sentAt = time
        attempts += 1
        if firstSent == nil { firstSent = .now() }
        return makeRequest(time)
    }

    /// Whether it may be sent again after its last attempt has failed.
    func maySendAgain(after progress: RetryPolicy.Progress) -> Bool {
        let repetitions = progress == .notWritten ? attempts : attempts - 1
        return !isFinished
            && RetryPolicy.mayRetry(isRepeatable: isRepeatable, after: progress, repetitions: repetitions)
    }

    /// Tells the result, once; later results are dropped.
    func finish(_ result: Result<HTTPResponse, UpstreamFailure>) {
        guard let completion = completion.take() else { return }
        timer?.cancel()
        completion(outcome(result))
    }

    /// Has no other call use the connection that brought the answer: something is wrong with the server, or with what is
    /// before it.
    package func retireConnection() { connection?.retire() }

    private func outcome(_ result: Result<HTTPResponse, UpstreamFailure>) -> Outcome {
        let duration = firstSent.map { .now() - $0 }
        return Outcome(result: result, attempts: attempts, duration: duration, sentAt: sentAt)
    }
}
