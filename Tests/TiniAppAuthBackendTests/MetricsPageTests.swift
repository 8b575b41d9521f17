import FastCGI
import Foundation
import Logging
import NIOPosix
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct MetricsPageTests {
    /// The whole page: every series that there can be.
    func page() throws -> String {
        let exporter = PrometheusExporter(help: MetricsHelp.sentences)
        _ = try AuthService(
            try SettingsFixture.configuration(["UPSTREAM_WARM_CONNECTIONS": "0"]).service,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: exporter
        )
        let metrics = RequestMetrics(exporter)
        for path in [
            "/", "/auth_exchange", "/auth_refresh", "/auth_info", "/health/live", "/health/ready", "/metrics", "?",
        ] {
            // Any status that Tiki can send.
            for status in 100...999 { metrics.answered(Target(path: path), status: status, after: .seconds(100_000)) }
        }
        return exporter.text()
    }

    @Test("the page fits into a response, whatever has happened")
    func fits() throws {
        let page = try page()
        // With numbers of 19 digits in place of each.
        let lines = page.utf8.count { $0 == UInt8(ascii: "\n") }
        #expect(page.utf8.count + lines * 19 + 8_192 < FastCGIResponse.maxBytes, "\(page.utf8.count), \(lines) lines")
        #expect(lines > 100)
    }

    @Test("every metric has its sentence, and every sentence its metric")
    func help() throws {
        let lines = try page().split(separator: "\n")
        func names(_ kind: String) -> Set<String> {
            Set(lines.filter { $0.hasPrefix("# \(kind) ") }.map { String($0.split(separator: " ")[2]) })
        }
        #expect(names("HELP") == names("TYPE"))
        #expect(names("TYPE") == Set(MetricsHelp.sentences.keys))
    }

    @Test("the operations guide has every metric with its sentence")
    func guide() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let guide = try String(contentsOf: root.appendingPathComponent("docs/operations.md"), encoding: .utf8)
        let rows = guide.split(separator: "\n").filter { $0.hasPrefix("| `tiniapp_auth_") }
        let table = rows.map { row in
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let name = cells[0].replacing("`", with: "").prefix { $0 != "{" }
            return [String(name), cells[1]]
        }
        #expect(table.count == MetricsHelp.sentences.count)
        #expect(Dictionary(uniqueKeysWithValues: table.map { ($0[0], $0[1]) }) == MetricsHelp.sentences)
    }
}
