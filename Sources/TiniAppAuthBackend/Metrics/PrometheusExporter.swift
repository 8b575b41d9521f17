import CoreMetrics
import Synchronization

/// Keeps the metrics of the process, and writes them in Prometheus' text format.
///
/// Source: Prometheus' page "Exposition formats", version 0.0.4. Written here because a package for it would bring more
/// code than these two files, and we need counters, gauges and one kind of histogram.
final class PrometheusExporter: MetricsFactory {
    /// The `Content-Type` of ``text()``.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private struct Family {
        let type: String
        /// By their labels, as they are written.
        var series: [String: any PrometheusSeries] = [:]
    }

    private let help: [String: String]
    private let families = Mutex<[String: Family]>([:])

    /// - Parameter help: a sentence for each metric's name.
    init(help: [String: String]) {
        self.help = help
    }

    /// All metrics, sorted by name and labels.
    func text() -> String {
        var text = ""
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            if let help = help[name] { text += "# HELP \(name) \(help)\n" }
            text += "# TYPE \(name) \(family.type)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name: name, labels: labels, to: &text)
            }
        }
        return text
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, type: "counter", PrometheusCounter.init)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, type: "gauge", PrometheusGauge.init)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, type: "gauge", PrometheusGauge.init)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, type: "histogram", PrometheusHistogram.init)
    }

    // Series live as long as the process: one that vanished would look like a restart.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    /// The series of this name with these labels, made if it is new. A name has one type: with another, the
    /// values are taken and not shown.
    private func series<Series: PrometheusSeries>(
        _ name: String,
        _ dimensions: [(String, String)],
        type: String,
        _ make: () -> Series
    ) -> Series {
        let labels = dimensions.sorted { $0.0 < $1.0 }
            .map { "\($0.0)=\"\(Self.escaped($0.1))\"" }
            .joined(separator: ",")
        return families.withLock { families in
            if let known = families[name]?.series[labels] as? Series { return known }
            let new = make()
            if families[name, default: Family(type: type)].type == type {
                families[name, default: Family(type: type)].series[labels] = new
            }
            return new
        }
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += #"\\"#
            case "\"": result += #"\""#
            case "\n": result += #"\n"#
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
