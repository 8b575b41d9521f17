import NIOCore
import Testing

@testable import Upstream

struct RetryPolicyTests {
    @Test("what has not been written may be, however often", arguments: [false, true], 0...3)
    func notWritten(isRepeatable: Bool, repetitions: Int) {
        #expect(
            RetryPolicy.mayRetry(isRepeatable: isRepeatable, after: .notWritten, repetitions: repetitions)
        )
    }

    @Test("a code or refresh token is never written twice", arguments: 0...3)
    func neverTwice(repetitions: Int) {
        for progress in [RetryPolicy.Progress.written, .answerBegun] {
            #expect(
                !RetryPolicy.mayRetry(isRepeatable: false, after: progress, repetitions: repetitions)
            )
        }
    }

    @Test("info is written twice at most, and not once its answer has begun", arguments: 0...3)
    func info(repetitions: Int) {
        #expect(
            RetryPolicy.mayRetry(isRepeatable: true, after: .written, repetitions: repetitions)
                == (repetitions == 0)
        )
        #expect(!RetryPolicy.mayRetry(isRepeatable: true, after: .answerBegun, repetitions: repetitions))
    }

    @Test("a call that has ended is not sent again")
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
