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
        package var duration: Duration?
        /// Unix time in milliseconds when it was sent last; 0 if it never was.
        package var sentAt: Int64
    }

    /// Takes the call's outcome, and tells whether its answer was usable. If not, the connection is closed.
    package typealias Completion = (Outcome) -> Bool

    /// Makes the bytes of the request: request line, header fields, body (RFC 9112). Called each time that the call is
    /// sent, when a connection is in hand. Its parameter is the Unix time in milliseconds.
    package typealias MakeRequest = (Int64) -> ByteBuffer

    private let isRepeatable: Bool
    private let lateAnswerTimeout: TimeAmount
    private let makeRequest: MakeRequest
    private var didMissDeadline: ((Outcome) -> Void)?
    private var sentAt: Int64 = 0
    private var attempts = 0
    private var firstSent: NIODeadline?
    /// The connection on which it has been sent.
    private weak var connection: UpstreamConnection?
    private var completion: Completion?
    private var deadline = NIODeadline.distantFuture
    private var timer: CoarseTimers.Timer?

    /// - Parameters:
    ///   - isRepeatable: whether the call may be sent again after its bytes may have arrived.
    ///   - lateAnswerTimeout: how long after it was first sent its answer is still waited for, where the deadline is
    ///     earlier; zero to wait no longer than the deadline.
    ///   - makeRequest: makes the request's bytes at the last moment.
    ///   - didMissDeadline: called at the deadline, on the event loop, if the call goes on after it.
    ///   - completion: called once, on the event loop.
    package init(
        isRepeatable: Bool,
        lateAnswerTimeout: TimeAmount = .zero,
        makeRequest: @escaping MakeRequest,
        didMissDeadline: ((Outcome) -> Void)? = nil,
        completion: @escaping Completion
    ) {
        self.isRepeatable = isRepeatable
        self.lateAnswerTimeout = lateAnswerTimeout
        self.makeRequest = makeRequest
        self.didMissDeadline = didMissDeadline
        self.completion = completion
    }

    var isFinished: Bool { completion == nil }
    /// Whether its time is over. The timer that ends it comes up to 10 ms later.
    var isOverdue: Bool { deadline <= .now() }

    /// Ends the call when the deadline passes, wherever it is then, unless it has been sent and its answer may be late.
    ///
    /// - Parameter didBecomeLate: called at the deadline if the call goes on.
    func expire(at deadline: NIODeadline, by timers: CoarseTimers, didBecomeLate: @escaping () -> Void = {}) {
        self.deadline = deadline
        timer = timers.set(deadline) {
            guard self.lateAnswerTimeout > .zero, let firstSent = self.firstSent,
                firstSent + self.lateAnswerTimeout > deadline
            else { return self.abandon() }
            self.timer = timers.set(firstSent + self.lateAnswerTimeout) { self.abandon() }
            self.didMissDeadline?(self.outcome(.failure(.timeout)))
            self.didMissDeadline = nil
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
    ///
    /// - Returns: whether it was an answer of use.
    @discardableResult
    func finish(_ result: Result<HTTPResponse, UpstreamFailure>) -> Bool {
        guard let completion else { return false }
        self.completion = nil
        didMissDeadline = nil
        timer?.cancel()
        return completion(outcome(result))
    }

    private func outcome(_ result: Result<HTTPResponse, UpstreamFailure>) -> Outcome {
        let duration = firstSent.map { Duration(.now() - $0) }
        return Outcome(result: result, attempts: attempts, duration: duration, sentAt: sentAt)
    }
}
