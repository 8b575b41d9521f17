import FastCGI
import Foundation
import Logging
import NIOPosix
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct MetricsPageTests {
    /// The whole page, with every possible series.
    func page() throws -> String {
        let exporter = PrometheusExporter(help: Metric.help)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        try eventLoop.submit {
            _ = try AuthService(
                try SettingsFixture.configuration([
                    "UPSTREAM_WARM_CONNECTIONS": "0", "SHARED_STORE": "redis+unix:///does/not/exist",
                ]).service,
                eventLoop: eventLoop,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                metrics: exporter
            )
        }.wait()
        let metrics = RequestMetrics(exporter)
        for path in [
            "/", "/auth_exchange", "/auth_refresh", "/auth_info", "/health/live", "/health/ready", "/metrics", "?",
        ] {
            // Every status that Tiki can send.
            for status in 100...999 { metrics.answered(Route(path: path), status: status, after: .seconds(100_000)) }
        }
        return exporter.text() + ProcessMetrics.text()
    }

    @Test("The metrics page fits into a response whatever has happened, and has a sentence for each metric")
    func fits() throws {
        let page = try page()
        let lines = page.split(separator: "\n")
        // Leaves room for numbers of 19 digits.
        let largest = page.utf8.count + lines.count * 19 + 8_192
        #expect(lines.count > 100 && largest < FastCGIResponse.maxBytes, "\(largest)")
        func names(_ kind: String) -> Set<String> {
            Set(lines.filter { $0.hasPrefix("# \(kind) ") }.map { String($0.split(separator: " ")[2]) })
        }
        #expect(names("HELP") == names("TYPE"))
        #expect(names("TYPE") == Set(Metric.help.keys))
    }

    @Test("What the system knows of the process is what it says elsewhere")
    func process() throws {
        let lines = ProcessMetrics.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        let values = Dictionary(
            uniqueKeysWithValues: try lines.map { line in
                let parts = line.split(separator: " ")
                return (String(parts[0]), try #require(Double(parts[1])))
            }
        )
        #expect(values.count == 5)
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        let (open, most) = try (#require(values["process_open_fds"]), #require(values["process_max_fds"]))
        #expect(open >= 3 && open <= most)
        let age = try Date().timeIntervalSince1970 - #require(values["process_start_time_seconds"])
        #expect(age >= 0 && age < 3_600)
    }
}
