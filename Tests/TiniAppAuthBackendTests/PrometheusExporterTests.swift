import CoreMetrics
import Metrics
import Testing

@testable import TiniAppAuthBackend

struct PrometheusExporterTests {
    let exporter = PrometheusExporter(help: ["requests": "Requests answered."])

    @Test("A counter has help, type and a line for each set of labels, in order")
    func counters() {
        for (route, amount) in [("b", 2), ("a", 1), ("b", 3)] as [(String, Int64)] {
            Counter(label: "requests", dimensions: [("status", "200"), ("route", route)], factory: exporter)
                .increment(by: amount)
        }
        #expect(
            exporter.text() == """
                # HELP requests Requests answered.
                # TYPE requests counter
                requests{route="a",status="200"} 1
                requests{route="b",status="200"} 5

                """
        )
    }

    @Test("A gauge goes up and down, and metrics are sorted by name")
    func gauges() {
        Counter(label: "z", factory: exporter).increment()
        let meter = Meter(label: "a", factory: exporter)
        meter.increment(by: 3)
        meter.decrement()
        #expect(exporter.text() == "# TYPE a gauge\na 2.0\n# TYPE z counter\nz 1\n")
        meter.set(-1.5)
        #expect(exporter.text().contains("a -1.5\n"))
    }

    @Test("A histogram has cumulative buckets, and the count and sum of all values")
    func histograms() {
        let timer = Timer(label: "t", dimensions: [("route", "x")], factory: exporter)
        for nanoseconds in [0, 1_000_000, 1_000_001, 30_000_000, 10_000_000_000, 11_000_000_000] as [Int64] {
            timer.recordNanoseconds(nanoseconds)
        }
        #expect(
            exporter.text() == """
                # TYPE t histogram
                t_bucket{route="x",le="0.001"} 2
                t_bucket{route="x",le="0.0025"} 3
                t_bucket{route="x",le="0.005"} 3
                t_bucket{route="x",le="0.01"} 3
                t_bucket{route="x",le="0.025"} 3
                t_bucket{route="x",le="0.05"} 4
                t_bucket{route="x",le="0.1"} 4
                t_bucket{route="x",le="0.25"} 4
                t_bucket{route="x",le="0.5"} 4
                t_bucket{route="x",le="1.0"} 4
                t_bucket{route="x",le="2.5"} 4
                t_bucket{route="x",le="5.0"} 4
                t_bucket{route="x",le="10.0"} 5
                t_bucket{route="x",le="+Inf"} 6
                t_sum{route="x"} 21.032000001
                t_count{route="x"} 6

                """
        )
    }

    @Test("Characters that would break a label's value are escaped")
    func escapes() {
        Counter(label: "c", dimensions: [("k", "a\"b\\c\nd")], factory: exporter).increment()
        #expect(exporter.text() == "# TYPE c counter\nc{k=\"a\\\"b\\\\c\\nd\"} 1\n")
    }

    @Test("A metric has one type, and values recorded under another are not shown")
    func oneType() {
        Counter(label: "x", factory: exporter).increment()
        Meter(label: "x", factory: exporter).set(7)
        Meter(label: "x", dimensions: [("k", "v")], factory: exporter).set(7)
        #expect(exporter.text() == "# TYPE x counter\nx 1\n")
    }

    @Test("No count is lost when many threads count at once")
    func threads() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        Counter(label: "c", factory: exporter).increment()
                        Meter(label: "m", factory: exporter).increment()
                        Timer(label: "t", factory: exporter).recordNanoseconds(1)
                    }
                }
            }
        }
        #expect(exporter.text().contains("\nc 8000\n"))
        #expect(exporter.text().contains("m 8000.0\n"))
        #expect(exporter.text().contains("t_count 8000\n"))
    }
}
