import Glibc
import Logging

/// Writes each log entry as one line to standard error.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    /// Whether the lines are for people.
    let isText: Bool
    /// Gets the whole line, its newline included.
    var write: @Sendable ([UInt8]) -> Void = StandardError.write

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Of two fields of a name the entry's own is written, then the provider's, then the logger's.
    func log(event: LogEvent) {
        var fields = metadata
        if let metadataProvider { fields.merge(metadataProvider.get()) { _, new in new } }
        if let error = event.error { fields["error"] = "\(error)" }
        fields.merge(event.metadata ?? [:]) { _, new in new }
        write(event.level, event.message.description, LogFields(fields))
    }

    /// Writes the entry that a `Logger` would make of these. For entries that are written often: a `Logger` wants a dictionary,
    /// which costs more to make, and must be sorted.
    func log(_ level: Logger.Level, _ message: String, _ fields: LogFields) {
        guard !metadata.isEmpty else { return write(level, message, fields) }
        var all = LogFields(metadata)
        all.append(fields)
        write(level, message, all)
    }

    private func write(_ level: Logger.Level, _ message: String, _ fields: LogFields) {
        write(isText ? TerminalLine.make(level, message, fields) : JSONLine.make(level, message, fields))
    }
}

/// How log entries are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// ``text`` at a terminal, ``json`` elsewhere.
    case auto
    /// For programs: one JSON object per line.
    case json
    /// For people.
    case text

    var isText: Bool {
        self == .text || (self == .auto && isatty(STDERR_FILENO) == 1)
    }
}
