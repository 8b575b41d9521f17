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
        var line: [UInt8] = []
        // Of a request's line, and some more.
        line.reserveCapacity(1_024)
        line.append(#"{"time":""#)
        LogTime().appendUTC(to: &line)
        line.append(#"","severity":""#)
        line.append(Self.severity(event.level))
        line.append(#"","message":"#)
        JSONString.append(event.message.description, to: &line)
        let fields = fields(of: event)
        if !fields.isEmpty { line.append(UInt8(ascii: ",")) }
        JSONLogValue.append(members: fields, to: &line)
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
