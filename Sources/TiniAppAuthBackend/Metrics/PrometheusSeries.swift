import CoreMetrics
import Synchronization

/// One metric with one set of labels.
protocol PrometheusSeries: AnyObject, Sendable {
    /// Appends its lines.
    func write(name: String, labels: String, to text: inout String)
}

/// A number that only grows.
final class PrometheusCounter: PrometheusSeries, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(name: String, labels: String, to text: inout String) {
        text += "\(name)\(inBraces(labels)) \(value.load(ordering: .relaxed))\n"
    }
}

/// A number that goes up and down.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    /// Of a `Double`.
    private let bits = Atomic(Double.zero.bitPattern)

    private var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func decrement(by amount: Double) { increment(by: -amount) }

    func increment(by amount: Double) {
        var (isDone, old) = (false, bits.load(ordering: .relaxed))
        while !isDone {
            let new = (Double(bitPattern: old) + amount).bitPattern
            (isDone, old) = bits.compareExchange(expected: old, desired: new, ordering: .relaxed)
        }
    }

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(name: String, labels: String, to text: inout String) {
        text += "\(name)\(inBraces(labels)) \(value)\n"
    }
}

/// Durations in seconds, counted in buckets.
final class PrometheusHistogram: PrometheusSeries, TimerHandler {
    /// Seconds. From the time of our own answers to the longest that a request may take by default.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Values {
        /// For each bound, and one for all that is longer; not yet summed up.
        var counts = [Int](repeating: 0, count: PrometheusHistogram.bounds.count + 1)
        var nanoseconds: Int64 = 0
    }

    private let values = Mutex(Values())

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        let index = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        values.withLock {
            $0.counts[index] += 1
            $0.nanoseconds &+= duration
        }
    }

    func write(name: String, labels: String, to text: inout String) {
        let values = values.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total = 0
        for (bound, count) in zip(Self.bounds.map(\.description) + ["+Inf"], values.counts) {
            total += count
            text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)\n"
        }
        text += "\(name)_sum\(inBraces(labels)) \(Double(values.nanoseconds) / 1e9)\n"
        text += "\(name)_count\(inBraces(labels)) \(total)\n"
    }
}

private func inBraces(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }
