import NIOCore
import Testing

@testable import Upstream

struct RetryPolicyTests {
    @Test(
        "A call is sent again if it was not written, and a repeatable one once more if its answer has not begun",
        arguments: [false, true],
        0...3
    )
    func rules(isRepeatable: Bool, repetitions: Int) {
        func mayRetry(after progress: RetryPolicy.Progress) -> Bool {
            RetryPolicy.mayRetry(isRepeatable: isRepeatable, after: progress, repetitions: repetitions)
        }
        #expect(mayRetry(after: .notWritten))
        #expect(mayRetry(after: .written) == (isRepeatable && repetitions == 0))
        #expect(!mayRetry(after: .answerBegun))
    }

    @Test("A call that has ended is not sent again")
    func ended() throws {
        let call = UpstreamCall(isRepeatable: true, makeRequest: { _ in ByteBuffer() }, completion: { _ in })
        #expect(call.maySendAgain(after: .notWritten))
        call.finish(.failure(.timeout))
        #expect(!call.maySendAgain(after: .notWritten))
    }
}
