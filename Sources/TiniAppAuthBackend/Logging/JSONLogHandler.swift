import Logging
import Text

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

    init(logLevel: Logger.Level, write: @escaping @Sendable ([UInt8]) -> Void = StandardError.write) {
        self.logLevel = logLevel
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = fields(of: event)
        write(event.level, event.message.description) { line in
            if !fields.isEmpty { line.append(UInt8(ascii: ",")) }
            JSONLogValue.append(members: fields, to: &line)
        }
    }

    /// Whether no fields come from anywhere but the entry.
    var hasNoMetadata: Bool { metadata.isEmpty && metadataProvider == nil }

    /// Writes the entry that a `Logger` would make of these, without making one.
    func log(_ level: Logger.Level, _ message: String, _ fields: LogFields) {
        write(level, message) { line in
            line.append(UInt8(ascii: ","))
            JSONLogValue.append(members: fields, to: &line)
        }
    }

    private func write(_ level: Logger.Level, _ message: String, appendingFields: (inout [UInt8]) -> Void) {
        var line: [UInt8] = []
        // Of a request's line, and some more.
        line.reserveCapacity(1_024)
        line.append(#"{"time":""#)
        LogTime().appendUTC(to: &line)
        line.append(#"","severity":""#)
        line.append(Self.severity(level))
        line.append(#"","message":"#)
        JSONString.append(message, to: &line)
        appendingFields(&line)
        line.append("}\n")
        write(line)
    }

    private static func severity(_ level: Logger.Level) -> StaticString {
        switch level {
        case .trace, .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTICE"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }
}
