import InMemoryLogging
import LogThrottle
import TestSupport
import Testing

struct LogThrottleTests {
    let log = InMemoryLogHandler.make()

    @Test("Only the first of many lines within the interval is logged")
    func suppresses() {
        var throttle = LogThrottle()
        for _ in 0..<100 { throttle.log(log.logger, .warning, "again") }
        #expect(log.handler.entries == [.init(level: .warning, message: "again", metadata: [:])])
    }

    @Test("The first line after the interval says how many were suppressed")
    func counts() async throws {
        var throttle = LogThrottle(interval: .milliseconds(200))
        for _ in 0..<5 { throttle.log(log.logger, .error, "again", metadata: ["a": "b"]) }
        try await Task.sleep(for: .milliseconds(210))
        throttle.log(log.logger, .error, "again")
        throttle.log(log.logger, .error, "again")
        #expect(log.handler.entries.map(\.metadata) == [["a": "b"], ["suppressed": "4"]])
        #expect(log.handler.entries.allSatisfy { $0.level == .error && $0.message == "again" })
    }
}
