import Logging
import Text

/// Writes the metadata of a log entry as JSON.
enum JSONLogValue {
    /// Appends the members of an object, without its braces, in the order of their names.
    static func append(members: Logger.Metadata, to json: inout [UInt8]) {
        var isFirst = true
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            if case .stringConvertible(let fields as LogFields) = value {
                append(members: fields, to: &json)
            } else {
                append(name: name, to: &json)
                append(value, to: &json)
            }
        }
    }

    /// Appends a value: numbers and booleans as such, dictionaries as objects, arrays as arrays, all else as a string.
    static func append(_ value: Logger.MetadataValue, to json: inout [UInt8]) {
        switch value {
        case .stringConvertible(let number as Int): json.append(contentsOf: "\(number)".utf8)
        case .stringConvertible(let number as Int64): json.append(contentsOf: "\(number)".utf8)
        case .stringConvertible(let flag as Bool): json.append(contentsOf: "\(flag)".utf8)
        // JSON has no infinity and no NaN.
        case .stringConvertible(let number as Double) where number.isFinite:
            json.append(contentsOf: "\(number)".utf8)
        case .dictionary(let members):
            json.append(UInt8(ascii: "{"))
            append(members: members, to: &json)
            json.append(UInt8(ascii: "}"))
        case .array(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(element, to: &json)
            }
            json.append(UInt8(ascii: "]"))
        case .string, .stringConvertible: JSONString.append(value.description, to: &json)
        }
    }

    /// The same, in the order in which the fields were appended.
    static func append(members: LogFields, to json: inout [UInt8]) {
        for index in members.all.indices {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json.append(UInt8(ascii: "\""))
            json.append(members.all[index].name)
            json.append(UInt8(ascii: "\""))
            json.append(UInt8(ascii: ":"))
            append(members.all[index].value, to: &json)
        }
    }

    private static func append(_ value: LogFields.Value, to json: inout [UInt8]) {
        switch value {
        case .text(let text): JSONString.append(text, to: &json)
        case .number(let number): json.append(decimal: number)
        case .hundredths(let number): append(number, digits: 2, to: &json)
        case .latency(let microseconds):
            json.append(UInt8(ascii: "\""))
            append(microseconds, digits: 6, to: &json)
            json.append("s\"")
        case .flag(let flag): json.append(flag ? "true" : "false")
        case .fields(let fields):
            json.append(UInt8(ascii: "{"))
            append(members: fields, to: &json)
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

    private static func append(name: String, to json: inout [UInt8]) {
        JSONString.append(name, to: &json)
        json.append(UInt8(ascii: ":"))
    }
}
