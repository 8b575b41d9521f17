import Testing

@testable import FastCGI

struct LogThrottleTests {
    let lines = LogLines()

    @Test("of many lines within the interval the first one comes through")
    func suppresses() {
        var throttle = LogThrottle()
        for _ in 0..<100 { throttle.log(lines.logger, .warning, "again") }
        #expect(lines.all == ["warning: again [:]"])
    }

    @Test("the next one tells how many were left out")
    func counts() async throws {
        var throttle = LogThrottle(interval: .milliseconds(200))
        for _ in 0..<5 { throttle.log(lines.logger, .error, "again", metadata: ["a": "b"]) }
        try await Task.sleep(for: .milliseconds(210))
        throttle.log(lines.logger, .error, "again")
        throttle.log(lines.logger, .error, "again")
        #expect(lines.all == [#"error: again ["a": b]"#, #"error: again ["suppressed": 4]"#])
    }
}
