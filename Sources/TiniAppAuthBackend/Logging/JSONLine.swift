import Logging
import Text

/// A log entry as one line of JSON: `time`, `severity`, `message`, and the fields.
///
/// Field names and severities are those that Google Cloud's logging reads out of a container's output; a journal
/// takes any.
enum JSONLine {
    static func make(_ level: Logger.Level, _ message: String, _ fields: LogFields) -> [UInt8] {
        var line: [UInt8] = []
        // Of a request's line, and some more.
        line.reserveCapacity(1_024)
        line.append(#"{"time":""#)
        LogTime().appendUTC(to: &line)
        line.append(#"","severity":""#)
        line.append(severity(level))
        line.append(#"","message":"#)
        JSONString.append(message, to: &line)
        for field in fields.all { append(field, after: ",", to: &line) }
        line.append("}\n")
        return line
    }

    static func text(_ value: LogFields.Value) -> String {
        var json: [UInt8] = []
        append(value, to: &json)
        return String(decoding: json, as: UTF8.self)
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

    private static func append(
        _ field: (name: LogFields.Name, value: LogFields.Value),
        after comma: StaticString,
        to json: inout [UInt8]
    ) {
        json.append(comma)
        switch field.name {
        case .known(let name):
            json.append(UInt8(ascii: "\""))
            json.append(name)
            json.append(UInt8(ascii: "\""))
        case .other(let name): JSONString.append(name, to: &json)
        }
        json.append(UInt8(ascii: ":"))
        append(field.value, to: &json)
    }

    private static func append(_ value: LogFields.Value, to json: inout [UInt8]) {
        switch value {
        case .text(let text): JSONString.append(text, to: &json)
        case .number(let number): json.append(decimal: number)
        // JSON has no infinity and no NaN.
        case .decimal(let number) where !number.isFinite: JSONString.append("\(number)", to: &json)
        case .decimal(let number): json.append(contentsOf: "\(number)".utf8)
        case .hundredths(let number): append(number, digits: 2, to: &json)
        case .latency(let microseconds):
            json.append(UInt8(ascii: "\""))
            append(microseconds, digits: 6, to: &json)
            json.append("s\"")
        case .flag(let flag): json.append(flag ? "true" : "false")
        case .list(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(element, to: &json)
            }
            json.append(UInt8(ascii: "]"))
        case .fields(let fields):
            json.append(UInt8(ascii: "{"))
            for index in fields.all.indices { append(fields.all[index], after: index == 0 ? "" : ",", to: &json) }
            json.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a number that is not negative, with this number of digits after the point.
    private static func append(_ number: Int64, digits: Int, to json: inout [UInt8]) {
        var unit: Int64 = 1
        for _ in 0..<digits { unit *= 10 }
        json.append(decimal: Int(number / unit))
        json.append(UInt8(ascii: "."))
        var rest = number % unit
        while unit > 1 {
            unit /= 10
            json.append(UInt8(ascii: "0") + UInt8(rest / unit))
            rest %= unit
        }
    }
}
