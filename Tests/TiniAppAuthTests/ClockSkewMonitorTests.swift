import InMemoryLogging
import LogThrottle
import Logging
import MetricsTestKit
import TestSupport
import Testing
import Text

@testable import TiniAppAuth

struct ClockSkewMonitorTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    static let time: Int64 = 784_111_777
    static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    let log = InMemoryLogHandler.make()
    let metrics = TestMetrics()

    /// The fields of an answer.
    static func fields(date: String) -> HTTPFields {
        let answer = Array("HTTP/1.1 204 No Content\r\nDate: \(date)\r\n\r\n".utf8)
        var parser = ResponseParser(maxBodyBytes: 0)
        _ = try? answer.withUnsafeBytes { try parser.consume($0) }
        guard let head = parser.head else { preconditionFailure("not an answer") }
        return head.fields
    }

    /// Gives a monitor an answer that took no time.
    func observe(_ monitor: inout ClockSkewMonitor, _ clock: Clock, date: String = Self.date) {
        monitor.observe(Self.fields(date: date), sentAt: clock.now * 1_000)
    }

    func monitor(_ clock: Clock) -> ClockSkewMonitor {
        let start = ContinuousClock.now
        let startTime = clock.now
        return ClockSkewMonitor(
            clock: { clock.now * 1_000 + 999 },
            logger: log.logger,
            metrics: metrics,
            throttle: LogThrottle { start + .seconds(clock.now - startTime) }
        )
    }

    @Test("A difference of up to five seconds is in the gauge, and not logged", arguments: -5...5)
    func tolerated(skew: Int64) throws {
        let clock = Clock(Self.time + skew)
        var monitor = monitor(clock)
        observe(&monitor, clock)
        #expect(log.handler.entries.isEmpty)
        #expect(try metrics.expectMeter("tiniapp_auth_clock_skew_seconds").lastValue == Double(skew))
    }

    @Test("A difference over five seconds is a warning with the seconds we are ahead", arguments: [6, -6, 61, -3_600])
    func warned(skew: Int64) throws {
        let clock = Clock(Self.time + skew)
        var monitor = monitor(clock)
        observe(&monitor, clock)
        let entry = try #require(log.handler.entries.first)
        #expect(entry.level == .warning)
        #expect(entry.metadata == ["seconds_ahead": "\(skew)"])
        let side = skew > 0 ? "\(skew) s ahead of" : "\(-skew) s behind"
        #expect(entry.message.description.contains("our clock is \(side) Tiki's"))
        #expect(entry.message.description.contains("refuses every call"))
        let meter = try metrics.expectMeter("tiniapp_auth_clock_skew_seconds")
        #expect(meter.lastValue == Double(skew))
        clock.now = Self.time
        observe(&monitor, clock)
        #expect(meter.lastValue == 0)
    }

    @Test("A slow answer is not taken for clock skew, whenever its date was written", arguments: 0...30)
    func slowAnswer(seconds: Int64) {
        let clock = Clock(Self.time + 30 - seconds)
        var monitor = monitor(clock)
        monitor.observe(Self.fields(date: Self.date), sentAt: (Self.time - seconds) * 1_000)
        #expect(log.handler.entries.isEmpty)
    }

    @Test("The warning comes at most once a minute, however many answers show the skew")
    func onceAMinute() {
        let clock = Clock(Self.time + 10)
        var monitor = monitor(clock)
        for _ in 0..<100 { observe(&monitor, clock) }
        clock.now += 59
        observe(&monitor, clock)
        #expect(log.handler.entries.count == 1)
        clock.now += 1
        observe(&monitor, clock)
        observe(&monitor, clock)
        #expect(log.handler.entries.count == 2)
    }

    @Test(
        "A malformed date is not taken for clock skew",
        arguments: ["", "yesterday", "Sun, 06 Nov 2147483647 08:49:37 GMT"]
    )
    func noDate(date: String) {
        let clock = Clock(0)
        var monitor = monitor(clock)
        observe(&monitor, clock, date: date)
        #expect(log.handler.entries.isEmpty)
    }
}
