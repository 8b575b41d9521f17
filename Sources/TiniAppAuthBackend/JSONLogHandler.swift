import FoundationEssentials
import Glibc
import Logging
import TiniAppAuth

/// Writes each log entry as one line of JSON to standard error: `time`, `severity`, `message`, and the metadata.
///
/// Field names and severities are those that Google Cloud's logging reads out of a container's output; a journal
/// takes any.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    /// Gets the whole line, its newline included.
    private let write: @Sendable ([UInt8]) -> Void

    init(logLevel: Logger.Level, write: @escaping @Sendable ([UInt8]) -> Void = Self.writeToStandardError) {
        self.logLevel = logLevel
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = Array("{".utf8)
        append("time", Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)), to: &line)
        append("severity", Self.severity(event.level), to: &line)
        append("message", event.message.description, to: &line)
        var fields = metadata
        if let metadataProvider { fields.merge(metadataProvider.get()) { _, new in new } }
        if let error = event.error { fields["error"] = "\(error)" }
        fields.merge(event.metadata ?? [:]) { _, new in new }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { append(key, value.description, to: &line) }
        line.append(contentsOf: "}\n".utf8)
        write(line)
    }

    private func append(_ key: String, _ value: String, to line: inout [UInt8]) {
        if line.count > 1 { line.append(UInt8(ascii: ",")) }
        JSONString.append(key, to: &line)
        line.append(UInt8(ascii: ":"))
        JSONString.append(value, to: &line)
    }

    private static func severity(_ level: Logger.Level) -> String {
        level == .trace ? "DEBUG" : level.rawValue.uppercased()
    }

    /// One call for the whole line, so that lines of several threads do not mix. A line that cannot be written is
    /// lost: logging must not stop the service.
    private static func writeToStandardError(_ line: [UInt8]) {
        line.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
