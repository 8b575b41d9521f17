import NIOCore
import Testing

@testable import Upstream

struct ReuseDelayTests {
    let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("Connections need no rest as long as no server has closed one right after an answer")
    func usual() {
        var reuse = ReuseDelay()
        #expect(reuse.delay(at: start) == nil)
        reuse.serverDidClose(answeredAt: nil, at: start)
        reuse.serverDidClose(answeredAt: start, at: start + .milliseconds(100))
        #expect(reuse.delay(at: start) == nil)
    }

    @Test("After a close right after an answer, connections rest for a minute")
    func early() {
        var reuse = ReuseDelay()
        reuse.serverDidClose(answeredAt: start, at: start + .milliseconds(2))
        #expect(reuse.delay(at: start + .seconds(59)) == .milliseconds(100))
        #expect(reuse.delay(at: start + .seconds(61)) == nil)
    }
}
