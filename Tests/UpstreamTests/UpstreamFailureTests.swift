import Testing

@testable import Upstream

struct UpstreamFailureTests {
    @Test("Every failure has its own code for the log and the metrics")
    func words() {
        let words = UpstreamFailure.codes
        #expect(Set(words).count == words.count)
        #expect(words.allSatisfy { $0.wholeMatch(of: /[a-z][a-z_]{3,30}/) != nil })
    }
}
