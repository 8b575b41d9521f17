extension Metric {
    /// The table in `docs/operations.md`.
    static var table: String {
        "| name | what | when it moves |\n|---|---|---|\n"
            + all.map { metric in
                let labels = metric.labels.isEmpty ? "" : "{\(metric.labels.joined(separator: ","))}"
                return "| `\(metric.name)\(labels)` | \(metric.help) | \(metric.reading) |\n"
            }.joined()
    }
}
