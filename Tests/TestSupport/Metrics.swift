import Foundation

/// The answer to `GET /metrics` (Prometheus text format 0.0.4).
package struct Metrics: Sendable {
    /// Every sample's value, by its name with its labels as in the text.
    package let samples: [String: Double]
    package let text: String

    /// - Throws: ``TestSupportError`` if a line is neither a comment nor a sample.
    package init(_ text: String) throws {
        self.text = text
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                throw TestSupportError("no sample: \(line)")
            }
            samples[String(line[..<space])] = value
        }
        self.samples = samples
    }

    /// Asks nginx for the metrics from the same machine.
    ///
    /// - Throws: ``TestSupportError`` if the answer is not 200.
    package static func read(from nginx: Nginx) async throws -> Metrics {
        let answer = try await Curl.request("GET", "\(nginx.url)/metrics")
        guard answer.status == 200 else { throw TestSupportError("/metrics: \(answer.status)") }
        return try Metrics(answer.text)
    }

    /// The value of a sample; nil if there is none.
    package func value(_ sample: String) -> Double? { samples[sample] }

    /// The sum of all samples with this name, whatever their labels.
    package func sum(_ name: String) -> Double {
        samples.filter { $0.key == name || $0.key.hasPrefix("\(name){") }.values.reduce(0, +)
    }
}
