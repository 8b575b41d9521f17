import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import Transport

struct ReachabilityLogTests {
    let log = InMemoryLogHandler.make()
    let clock = Clock(0)
    let refused = ConnectFailure(.refused, "connection refused")

    func makeLog() -> ReachabilityLog {
        let start = ContinuousClock.now
        return ReachabilityLog(name: "Tiki", origin: "https://h", logger: log.logger) { [clock] in
            start + .seconds(clock.now)
        }
    }

    /// Message and `suppressed` of each line.
    var lines: [String] {
        log.handler.entries.map { entry in
            "\(entry.message)\(entry.metadata["suppressed"].map { " (\($0))" } ?? "")"
        }
    }

    @Test("An outage is logged once however long it lasts, and so is its end")
    func outage() {
        var reachability = makeLog()
        reachability.didConnect()
        for _ in 0..<100 {
            reachability.didFail(refused)
            clock.now += 10
        }
        for _ in 0..<100 {
            reachability.didConnect()
            clock.now += 10
        }
        #expect(lines == ["cannot connect to Tiki", "connected to Tiki again"])
        #expect(log.handler.entries.allSatisfy { $0.metadata["origin"] == "https://h" })
    }

    @Test("A flapping origin is logged as unreachable, and as reachable again, once a minute")
    func flapping() {
        var reachability = makeLog()
        for _ in 0..<1_200 {
            reachability.didFail(refused)
            reachability.didConnect()
            clock.now += 1
        }
        let minute = ["cannot connect to Tiki (59)", "connected to Tiki again"]
        #expect(lines == ["cannot connect to Tiki", minute[1]] + Array(repeating: minute, count: 19).joined())
        #expect(log.handler.entries.map(\.level) == Array(repeating: [.error, .notice], count: 20).flatMap(\.self))
    }

    @Test("The log never says that an origin is reachable again without having said that it was unreachable")
    func truthful() {
        var reachability = makeLog()
        var random = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            if Bool.random(using: &random) { reachability.didFail(refused) } else { reachability.didConnect() }
            clock.now += Int64.random(in: 0...30, using: &random)
        }
        let levels = log.handler.entries.map(\.level)
        #expect(levels.count > 100)
        #expect(levels == levels.indices.map { $0 % 2 == 0 ? .error : .notice })
    }

    @Test("A change that could not be logged within the minute is logged after it, if it still holds")
    func saidLater() {
        var reachability = makeLog()
        for _ in 0..<2 {
            reachability.didFail(refused)
            reachability.didConnect()
        }
        #expect(lines == ["cannot connect to Tiki", "connected to Tiki again"])
        reachability.didFail(refused)
        clock.now += 61
        reachability.didFail(refused)
        reachability.didConnect()
        #expect(lines.count == 4)
        // An outage that ends too soon after the last one's end.
        clock.now += 30
        reachability.didFail(refused)
        clock.now += 31
        reachability.didFail(refused)
        reachability.didConnect()
        #expect(lines.count == 6)
    }
}
