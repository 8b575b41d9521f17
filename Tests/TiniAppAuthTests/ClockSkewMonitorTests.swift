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
    static func fields(_ lines: String) -> HTTPFields {
        let answer = Array("HTTP/1.1 204 No Content\r\n\(lines)\r\n\r\n".utf8)
        var parser = ResponseParser(maxBodyBytes: 0)
        _ = try? answer.withUnsafeBytes { try parser.consume($0) }
        guard let head = parser.head else { preconditionFailure("not an answer") }
        return head.fields
    }

    /// Gives a monitor an answer that took no time.
    func observe(_ monitor: inout ClockSkewMonitor, _ clock: Clock, _ lines: String = "Date: \(Self.date)") {
        monitor.observe(Self.fields(lines), sentAt: clock.now * 1_000)
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

    @Test("The skew is in the gauge, and over five seconds a warning", arguments: [-3_600, -6, -5, 0, 5, 6, 61])
    func skew(skew: Int64) throws {
        let clock = Clock(Self.time + skew)
        var monitor = monitor(clock)
        observe(&monitor, clock)
        let meter = try metrics.expectMeter("tiniapp_auth_clock_skew_seconds")
        #expect(meter.lastValue == Double(skew))
        #expect(log.handler.entries.count == (abs(skew) > 5 ? 1 : 0))
        if let entry = log.handler.entries.first {
            #expect(entry.level == .warning)
            #expect(entry.metadata == ["seconds_ahead": "\(skew)"])
            let side = skew > 0 ? "\(skew) s ahead of" : "\(-skew) s behind"
            #expect(entry.message.description.contains("our clock is \(side) Tiki's"))
        }
        clock.now = Self.time
        observe(&monitor, clock)
        #expect(meter.lastValue == 0)
    }

    @Test("A slow answer is not taken for clock skew, whenever its date was written", arguments: 0...30)
    func slowAnswer(seconds: Int64) {
        let clock = Clock(Self.time + 30 - seconds)
        var monitor = monitor(clock)
        monitor.observe(Self.fields("Date: \(Self.date)"), sentAt: (Self.time - seconds) * 1_000)
        #expect(log.handler.entries.isEmpty)
    }

    @Test("The warning comes at most once a minute, however many answers show the skew")
    func onceAMinute() {
        let clock = Clock(Self.time + 10)
        var monitor = monitor(clock)
        for _ in 0..<100 { observe(&monitor, clock) }
        #expect(log.handler.entries.count == 1)
        clock.now += 60
        observe(&monitor, clock)
        observe(&monitor, clock)
        #expect(log.handler.entries.count == 2)
    }

    @Test(
        "A malformed date is not taken for clock skew, nor is an answer that a cache kept for ten minutes",
        arguments: [
            ("Date: ", 0), ("Date: yesterday", 0), ("Date: Sun, 06 Nov 2147483647 08:49:37 GMT", 0),
            ("Date: \(date)\r\nAge: 600", 0), ("Date: \(date)\r\nAge: x", 1), ("Date: \(date)", 1),
        ]
    )
    func noSkew(lines: String, warnings: Int) {
        let clock = Clock(Self.time + 600)
        var monitor = monitor(clock)
        observe(&monitor, clock, lines)
        #expect(log.handler.entries.count == warnings)
    }
    @Test("The service looks at the date of Tiki's answers")
    func observed() async throws {
        try await ServiceFixture.run(
            configure: { $0.upstream.clock = { (Self.time + 6) * 1_000 } },
            script: { _ in .json(fields: "Date: \(Self.date)\r\n") }
        ) { fixture in
            #expect(await fixture.call().text == "{}")
            #expect(fixture.log.entries.map { $0.metadata["seconds_ahead"] } == ["6"])
        }
    }
}
