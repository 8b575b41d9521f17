import NIOCore
import Testing

@testable import Upstream

struct RetryPolicyTests {
    @Test("A call that has not been written may be sent again, however often", arguments: [false, true], 0...3)
    func notWritten(isRepeatable: Bool, repetitions: Int) {
        #expect(
            RetryPolicy.mayRetry(isRepeatable: isRepeatable, after: .notWritten, repetitions: repetitions)
        )
    }

    @Test("A call that is not repeatable is never written twice", arguments: 0...3)
    func neverTwice(repetitions: Int) {
        for progress in [RetryPolicy.Progress.written, .answerBegun] {
            #expect(
                !RetryPolicy.mayRetry(isRepeatable: false, after: progress, repetitions: repetitions)
            )
        }
    }

    @Test("A repeatable call is written at most twice, and not again once its answer has begun", arguments: 0...3)
    func info(repetitions: Int) {
        #expect(
            RetryPolicy.mayRetry(isRepeatable: true, after: .written, repetitions: repetitions)
                == (repetitions == 0)
        )
        #expect(!RetryPolicy.mayRetry(isRepeatable: true, after: .answerBegun, repetitions: repetitions))
    }

    @Test("A call that has ended is not sent again")
    func ended() throws {
        let call = UpstreamCall(isRepeatable: true) { _ in
            ByteBuffer()
        } completion: { _ in
        }
        #expect(call.maySendAgain(after: .notWritten))
        call.finish(.failure(.timeout))
        #expect(!call.maySendAgain(after: .notWritten))
    }
}
