import Logging

/// A log entry as a line for a person at a terminal: time of day, level, message, and the fields as `key=value`, sorted. Leaves
/// out fields that are only for machines.
enum TerminalLine {
    /// Fields that repeat the message.
    private static let omitted: Set = ["httpRequest", "route", "status"]

    static func make(_ level: Logger.Level, _ message: String, _ fields: LogFields) -> [UInt8] {
        let level = level.rawValue.uppercased()
        let padding = String(repeating: " ", count: 9 - level.utf8.count)
        var line = "\(LogTime().timeOfDay) \(level)\(padding)\(escaped(message))"
        append(fields, to: &line)
        return Array("\(line)\n".utf8)
    }

    private static func append(_ fields: LogFields, to line: inout String) {
        for (name, value) in fields.all.map({ ($0.name.text, $0.value) }).sorted(by: { $0.0 < $1.0 })
        where !omitted.contains(name) && !name.hasPrefix("logging.googleapis.com/") {
            if case .fields(let members) = value {
                append(members, to: &line)
            } else {
                line += " \(escaped(name))=\(quoted(text(value)))"
            }
        }
    }

    private static func text(_ value: LogFields.Value) -> String {
        switch value {
        case .text(let text): text
        case .hundredths(let number): "\(Double(number) / 100)"
        case .number, .decimal, .latency, .flag, .list, .fields: JSONLine.text(value)
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
