import Logging

/// Writes each log entry as a line for a person at a terminal: time of day, level, message, and the metadata as
/// `key=value`. Leaves out fields that are only for machines.
struct TerminalLogHandler: LogHandler {
    /// Fields that repeat the message.
    private static let omitted: Set = ["httpRequest", "route", "status"]

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
        let level = event.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: 9 - level.utf8.count)
        var line = "\(LogTime().timeOfDay) \(level)\(padding)\(Self.escaped(event.message.description))"
        Self.append(fields(of: event), to: &line)
        write(Array("\(line)\n".utf8))
    }

    private static func append(_ fields: Logger.Metadata, to line: inout String) {
        for (name, value) in fields.sorted(by: { $0.key < $1.key })
        where !omitted.contains(name) && !name.hasPrefix("logging.googleapis.com/") {
            switch value {
            case .dictionary(let members): append(members, to: &line)
            case .stringConvertible(let fields as LogFields): append(fields.metadata, to: &line)
            default: line += " \(escaped(name))=\(quoted(value.description))"
            }
        }
    }

    /// In quotation marks if it would not be seen as one word.
    private static func quoted(_ value: String) -> String {
        let escaped = escaped(value)
        let isWord = !escaped.isEmpty && !escaped.utf8.contains { $0 == 0x20 || $0 == UInt8(ascii: "\"") }
        return isWord
            ? escaped
            : "\"\(escaped.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\""))\""
    }

    /// Without what could break the line, or move the cursor: controls, formatting, separators of lines.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
