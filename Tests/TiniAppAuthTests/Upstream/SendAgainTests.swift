import Testing

@testable import TiniAppAuth

struct SendAgainTests {
    @Test("what has not been written may be, however often", arguments: AuthRoute.allCases, 0...3)
    func notWritten(route: AuthRoute, repetitions: Int) {
        #expect(
            SendAgain.isAllowed(isRepeatable: route.isRepeatable, after: .notWritten, repetitions: repetitions)
        )
    }

    @Test("a code or refresh token is never written twice", arguments: [AuthRoute.exchange, .refresh], 0...3)
    func neverTwice(route: AuthRoute, repetitions: Int) {
        for progress in [SendAgain.Progress.written, .answerBegun] {
            #expect(
                !SendAgain.isAllowed(isRepeatable: route.isRepeatable, after: progress, repetitions: repetitions)
            )
        }
    }

    @Test("info is written twice at most, and not once its answer has begun", arguments: 0...3)
    func info(repetitions: Int) {
        let isRepeatable = AuthRoute.info.isRepeatable
        #expect(
            SendAgain.isAllowed(isRepeatable: isRepeatable, after: .written, repetitions: repetitions)
                == (repetitions == 0)
        )
        #expect(!SendAgain.isAllowed(isRepeatable: isRepeatable, after: .answerBegun, repetitions: repetitions))
    }

    @Test("a call that has ended is not sent again")
    func ended() throws {
        let call = UpstreamCall(.info, url: try #require(UpstreamURL("https://h/")), body: []) { _ in }
        #expect(call.maySendAgain(after: .notWritten))
        call.finish(.failure(.timeout))
        #expect(!call.maySendAgain(after: .notWritten))
    }
}
