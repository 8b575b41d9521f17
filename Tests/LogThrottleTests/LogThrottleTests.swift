import InMemoryLogging
import LogThrottle
import TestSupport
import Testing

struct LogThrottleTests {
    let log = InMemoryLogHandler.make()

    @Test("Only the first line within the interval is logged, and the first one after it counts those suppressed")
    func throttled() {
        let start = ContinuousClock.now
        let seconds = Clock(0)
        var throttle = LogThrottle(interval: .seconds(60)) { start + .seconds(seconds.now) }
        for _ in 0..<5 { throttle.log(log.logger, .error, "again", metadata: ["a": "b"]) }
        seconds.now = 59
        throttle.log(log.logger, .error, "again")
        seconds.now = 60
        for _ in 0..<2 { throttle.log(log.logger, .error, "again") }
        #expect(log.handler.entries.map(\.metadata) == [["a": "b"], ["suppressed": "5"]])
        #expect(log.handler.entries.allSatisfy { $0.level == .error && $0.message == "again" })
    }
}
